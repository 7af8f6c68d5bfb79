from __future__ import annotations

import pickle

import pytest

from da3studio.base import errors
from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import FAMILIES, UserFacingError
from da3studio.base.i18n import tr, trn
from da3studio.base.paths import resources


def test_that_every_way_to_end_has_its_own_exit_code():
    ends = [code for name, code in vars(errors).items() if name.startswith("EXIT_")]
    codes = [family.exit_code for family in FAMILIES] + ends

    assert len(set(codes)) == len(codes) == len(FAMILIES) + 4
    assert all(0 <= code < 256 for code in codes)


def test_that_all_families_are_listed():
    here = {
        f for f in UserFacingError.__subclasses__() if f.__module__ == UserFacingError.__module__
    }

    assert set(FAMILIES) == here


@pytest.mark.parametrize("family", FAMILIES)
def test_that_an_error_survives_the_way_from_the_worker(family):
    there = family("What failed.", why="What was seen.", fix="What to do.")
    back = pickle.loads(pickle.dumps(there))  # noqa: S301

    assert type(back) is family
    assert (back.what, back.why, back.fix) == (there.what, there.why, there.fix)
    assert str(back) == "What failed. What was seen. What to do."


def test_that_a_token_stops_the_work_once_asked():
    asked = False
    token = CancelToken(lambda: asked)
    token.check()
    NEVER.check()
    asked = True

    with pytest.raises(JobCancelled):
        token.check()


def test_that_plurals_count():
    assert tr("Good.") == "Good."
    assert [trn("{n} photo", "{n} photos", n) for n in (0, 1, 2)] == [
        "0 photos",
        "1 photo",
        "2 photos",
    ]


def test_that_the_resources_are_where_they_are_said_to_be():
    assert (resources() / "sensor_widths.csv").is_file()
