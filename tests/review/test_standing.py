"""Which decision counts: whatever the order in which they come, and whoever made them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.review.standing import FINAL, Vote, standing
from cqia.review.tables import BEGINNING


def vote(number, action="accept", reviewer="甲", kind="review", output=None):
    return Vote(number, kind, action, reviewer, BEGINNING + timedelta(seconds=number), (None, None, output))


@pytest.mark.parametrize(
    ("need", "votes", "state", "counts", "wanted"),
    [
        (0, [], "idle", None, 0),
        (1, [], "waiting", None, 1),
        (2, [], "waiting", None, 2),
        (0, [vote(1)], "decided", 1, 0),
        (1, [vote(1), vote(2, "reject")], "decided", 2, 0),
        (2, [vote(1)], "waiting", None, 1),
        (2, [vote(1), vote(2)], "waiting", None, 1),  # twice the same person
        (2, [vote(1), vote(2, reviewer="乙")], "decided", 2, 0),
        (2, [vote(1), vote(2, "reject", "乙")], "disagreed", None, 0),
        (2, [vote(1, "edit", output="一"), vote(2, "edit", "乙", output="二")], "disagreed", None, 0),
        (2, [vote(1, "edit", output="一"), vote(2, "edit", "乙", output="一")], "decided", 2, 0),
        (2, [vote(1), vote(2, "reject", "乙"), vote(3, "edit", "长", "adjudicate", "三")], "decided", 3, 0),
        (2, [vote(1, "reject", "某", "import")], "decided", 1, 0),
        (2, [vote(1, "reject", "长", "bulk"), vote(2)], "decided", 1, 0),
    ],
)
def test_standing(need, votes, state, counts, wanted):
    found = standing(need, votes)
    assert (found.state, found.decision and found.decision.number, found.wanted) == (state, counts, wanted)


VOTES = st.lists(
    st.builds(
        vote, st.integers(1, 1000), st.sampled_from(["accept", "edit", "reject"]), st.sampled_from("甲乙丙"),
        st.sampled_from(["review", *FINAL]), st.sampled_from([None, "一", "二"]),
    ),
    max_size=6, unique_by=lambda each: each.number,
)  # fmt: skip


@given(st.integers(0, 2), VOTES, st.randoms())
def test_the_order_of_arrival_does_not_matter(need, votes, random):
    shuffled = random.sample(votes, len(votes))
    found = standing(need, votes)
    assert standing(need, shuffled) == found
    assert (found.state == "decided") == (found.decision is not None)
    assert found.wanted == 0 or found.state == "waiting"
    if any(each.kind in FINAL for each in votes):
        assert found.state == "decided"
