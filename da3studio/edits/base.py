"""What every edit is, and what it may look at."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.camera import Camera
from da3studio.geometry.similarity import Sim3
from da3studio.scene.cloud import PointCloud
from da3studio.scene.view import ViewId

Vec3 = tuple[float, float, float]
T = TypeVar("T")
FARTHEST = 1e12  # of any number in an edit; float32 points keep no detail beyond


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an edit may look at."""

    cloud: PointCloud  # rows in any order
    cameras: Mapping[ViewId, Camera]  # of the registration: the photos' own size, with distortion
    mask_of: Callable[[str], NDArray[np.bool_]]
    """Digest → `(H, W)` of the upright photo, True = do not use; any size of the same aspect."""
    _costly: dict[str, tuple[Hashable, object]] = field(default_factory=dict, repr=False)

    def once(self, name: str, of: Hashable, compute: Callable[[], T]) -> T:
        """What `compute` gives, kept until it is wanted of something else.

        Args:
            name: of the measure; of each one the last answer is kept.
            of: what it depends on besides the cloud and the cameras.
            compute: a pure function; two threads may both run it.
        """
        known = self._costly.get(name)
        if known is not None and known[0] == of:
            return cast(T, known[1])
        answer = compute()
        self._costly[name] = (of, answer)
        return answer


class Edit(Protocol):
    """One entry of the cleaning list: a frozen dataclass of plain values, compared by value.

    It stores the gesture (box, outline, threshold), never rows of a cloud, so that it means the
    same on a cloud fused again. Whatever it decides must not depend on the order of the rows.
    """

    kind: ClassVar[str]  # its name on disk
    title: ClassVar[str]  # label, translated where it is shown
    about_places: ClassVar[bool]  # whether it holds coordinates of the world

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        """`(N,)` True = cut away."""
        ...

    def removes_view(self, view_id: ViewId) -> bool:
        """Whether the whole view is out, so that it gives neither points nor texture."""
        ...

    def moved(self, new_from_old: Sim3) -> Self:
        """What cuts away the same of a cloud that was moved; the edit itself without places.

        Raises:
            ValueError: its numbers become impossibly large or small.
        """
        ...

    def detail(self) -> str:
        """One short translated phrase with the numbers."""
        ...


class Placeless:
    """An edit that means the same in any world."""

    about_places: ClassVar[bool] = False

    def moved(self, new_from_old: Sim3) -> Self:  # noqa: ARG002  the protocol's signature
        return self


class OnlyPoints:
    """An edit that takes no view out as a whole."""

    def removes_view(self, view_id: ViewId) -> bool:  # noqa: ARG002  the protocol's signature
        return False


@dataclass(frozen=True)
class ListedEdit:
    """An edit with its place in a project's list."""

    id: str  # opaque, unique in the list
    edit: Edit
    on: bool = True

    @staticmethod
    def new(edit: Edit) -> ListedEdit:
        """A new entry, switched on, with an id of its own."""
        return ListedEdit(uuid.uuid4().hex, edit)


def check_range(what: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside its range, NaN included.

    Raises:
        ValueError: naming it, its value and what is allowed.
    """
    if not low <= value <= high:
        raise ValueError(f"{what} is {value}; allowed: {low:g} to {high:g}")


def check_vector(what: str, values: Iterable[float], n: int) -> None:
    """Refuse anything but `n` finite numbers of a bounded size.

    Raises:
        ValueError: naming it and what is wrong.
    """
    numbers = tuple(values)
    if len(numbers) != n:
        raise ValueError(f"{what} has {len(numbers)} numbers instead of {n}")
    if not all(math.isfinite(number) and abs(number) <= FARTHEST for number in numbers):
        raise ValueError(f"{what} has a number that is not finite or beyond {FARTHEST:g}")


def check_unit_vector(what: str, vector: Vec3) -> None:
    """Refuse a direction whose length is not 1.

    Raises:
        ValueError: naming it and its length.
    """
    check_vector(what, vector, 3)
    length = math.hypot(*vector)
    if abs(length - 1) > 1e-5:
        raise ValueError(f"{what} has length {length:g} instead of 1")
