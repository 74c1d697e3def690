"""What the paper prints of its own dataset, to stand beside ours (arXiv:2403.18058v2)."""

from __future__ import annotations

#: Table 8, the composition of COIG-CQIA-Sub, by our names of its sources. Its rows sum to 12,927; it prints 12,687,
#: which is the sum without Ruozhiba.
SUBSET = {
    "zhihu": 2733, "douban": 300, "xiaohongshu": 50, "segmentfault": 454, "baike": 1350, "zgbk": 200, "wikihow": 300,
    "coig_pc": 3000, "gaokao": 200, "kaoyan": 475, "logic": 422, "cvalues": 906, "coig_value": 101,
    "traditional": 1110, "finance": 500, "ruozhiba": 240, "medical": 186, "law": 400,
}  # fmt: skip
#: Printed under Table 1 and under Table 8. The rows of Table 1 sum to 49,223.
TOTAL, SUBSET_TOTAL = 45_173, 12_687

#: Table 7: dataset, instances, source, written by people, verified by people.
DATASETS = (
    ("COIG", "178k", "existing datasets, synthesis", False, False),
    ("Firefly", "1.1M", "existing datasets", False, False),
    ("Alpaca-zh", "51k", "synthesis", False, False),
    ("COIG-PC", "321M", "existing datasets", False, False),
    ("OL-CC", "10k", "people, synthesis", True, False),
    ("COIG-CQIA", "44k", "people", True, True),
)

#: Records of the audit in Table 10; the questions and the shares stand in ``review.audit``.
AUDITED = 100

#: The kinds of Table 1 in its order, in Chinese.
KINDS = {"Forum": "论坛", "Social Media": "社交媒体", "World Knowledge": "世界知识", "Exam": "考试",
         "NLP Dataset": "NLP 数据集", "Yours": "自有"}  # fmt: skip

#: The paper's five steps, as columns of Table 1: our stage, in Chinese, its colour there.
STEPS = {"collect": ("原始采集", "#5b7fa6"), "filter": ("规则过滤", "#4f9a78"), "assign": ("任务构造", "#d19a2e"),
         "judge": ("模型过滤", "#c97f92"), "review": ("人工定稿", "#7d6aa8")}  # fmt: skip
