"""Numbers that say how sure they are: plain functions of NumPy arrays, seeded, without scikit-learn or SciPy.

    from cqia.stats.intervals import bootstrap, wilson      shares and any statistic, with 95 % intervals: ``Estimate``
    from cqia.stats.agreement import alpha, kappa           do raters agree beyond chance?
    from cqia.stats.correlation import pearson, spearman    do two scores order alike?
    from cqia.stats.strength import bradley_terry           who wins, from pairwise comparisons

A statistic that does not exist (a correlation with a constant, a share of nothing) is NaN, never 0 or 1.
"""
