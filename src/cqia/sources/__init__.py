"""Table 1 of the paper: the sources, one file each, in its order; and behind them the published datasets themselves."""

from __future__ import annotations

from cqia.sources.baike import BAIKE
from cqia.sources.coig_pc import COIG_PC
from cqia.sources.coig_value import COIG_VALUE
from cqia.sources.cvalues import CVALUES
from cqia.sources.douban import DOUBAN
from cqia.sources.finance import FINANCE
from cqia.sources.gaokao import GAOKAO
from cqia.sources.kaoyan import KAOYAN
from cqia.sources.law import LAW
from cqia.sources.logic import LOGIC
from cqia.sources.medical import MEDICAL
from cqia.sources.published import COIG, COIG_CQIA
from cqia.sources.ruozhiba import RUOZHIBA
from cqia.sources.segmentfault import SEGMENTFAULT
from cqia.sources.source import Source
from cqia.sources.traditional import TRADITIONAL
from cqia.sources.wikihow import WIKIHOW
from cqia.sources.xiaohongshu import XIAOHONGSHU
from cqia.sources.zgbk import ZGBK
from cqia.sources.zhihu import ZHIHU

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        # Social media and forums
        ZHIHU,
        SEGMENTFAULT,
        DOUBAN,
        XIAOHONGSHU,
        RUOZHIBA,
        # World knowledge
        BAIKE,
        ZGBK,
        WIKIHOW,
        MEDICAL,
        # Exams
        GAOKAO,
        KAOYAN,
        LOGIC,
        LAW,
        # NLP datasets
        COIG_PC,
        COIG_VALUE,
        CVALUES,
        TRADITIONAL,
        FINANCE,
        # The published datasets, to be audited, compared and mixed
        COIG_CQIA,
        COIG,
    )
}
