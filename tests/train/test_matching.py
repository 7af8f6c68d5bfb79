"""True correspondences between patches, checked against the points they are of."""

from __future__ import annotations

import pytest
import torch

from da3studio.train.matching import looks, matches_of, matching_loss
from da3studio.train.scenes.batch import batch
from da3studio.train.targets import Targets, directions_of, sampled, targets_of

ROWS, COLS = 6, 8


@pytest.fixture(scope="module")
def targets() -> Targets:
    torch.manual_seed(3)
    return targets_of(batch({"room": 2, "street": 2}, 3, 14 * ROWS, 14 * COLS, "cpu"))


def test_that_the_matched_places_are_where_the_next_view_sees_the_same_point(targets):
    matches = matches_of(targets, ROWS, COLS)

    depth = sampled(targets.depth, (ROWS, COLS))
    directions = directions_of(targets.rotation, targets.lens, ROWS, COLS)
    points = (depth[..., None] * directions + targets.position[:, :, None, None]).flatten(2, 3)
    # A direction of the next view, mixed of those of the four patches, as directions are linear
    # in the place within the picture.
    mixed = torch.stack(
        [
            (
                directions.roll(-1, 1)
                .flatten(2, 3)
                .gather(2, matches.patches[..., i, None].expand(-1, -1, -1, 3))
                * matches.shares[..., i, None]
            )
            for i in range(4)
        ]
    ).sum(0)
    to_points = points - targets.position.roll(-1, 1)[:, :, None]
    cos = torch.cosine_similarity(mixed, to_points, dim=-1)
    # Places in the outer half of a border patch are moved inwards: half a patch, some degrees.
    assert matches.seen.float().mean() > 0.2
    assert cos[matches.seen].median() > 1 - 1e-5
    assert cos[matches.seen].min() > 0.97


def test_that_only_what_both_views_see_is_matched(targets):
    hidden = Targets(
        **{**vars(targets), "depth": targets.depth * torch.tensor([1.0, 0.5, 1.0])[:, None, None]}
    )

    seen, less = (matches_of(t, ROWS, COLS).seen for t in (targets, hidden))

    assert less[:, 0].sum() < 0.2 * seen[:, 0].sum()  # something stands before it in view 1 now
    torch.testing.assert_close(less[:, 2], seen[:, 2])  # from view 2 to view 0 nothing changed


def test_that_the_loss_is_least_where_attention_looks_at_the_true_places(targets):
    matches = matches_of(targets, ROWS, COLS)
    shape = (*matches.seen.shape, ROWS * COLS)
    true = torch.zeros(shape).scatter_add(-1, matches.patches, matches.shares)

    at_truth = matching_loss([(true + 1e-6).log()], matches)
    anywhere = matching_loss([torch.zeros(shape)], matches)
    elsewhere = matching_loss([(true.roll(1, -1) + 1e-6).log()], matches)

    assert at_truth < 1.4  # what four shares leave open, at most log 4
    torch.testing.assert_close(anywhere, torch.tensor(float(ROWS * COLS)).log())
    assert elsewhere > anywhere


def test_that_the_camera_token_is_left_out_and_the_next_view_is_looked_at():
    keys = torch.zeros(1, 2, 3 * 5, 4)
    queries = torch.zeros(1, 2, 3 * 5, 4)
    queries[:, 0, 1] = 1.0  # the first patch of view 0
    keys[:, 0, 5 + 1 + 2] = 3.0  # the third patch of view 1

    seen = looks(queries, keys, 1, 3)

    assert seen.shape == (1, 3, 4, 4)
    assert seen[0, 0, 0].tolist() == [0, 0, 3 * 4 / 2, 0]
    assert seen.sum() == 6
