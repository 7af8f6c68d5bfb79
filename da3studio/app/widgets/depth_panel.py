"""A photo beside its depth: linked views, histograms, the value under the pointer, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.viewmodels.depth_pictures import Counts, Overlay, Shown
from da3studio.app.viewmodels.depth_view import DepthView
from da3studio.app.widgets.buttons import tool_button
from da3studio.app.widgets.card import ElidedLabel
from da3studio.app.widgets.framing import Framing, image_of
from da3studio.app.widgets.histogram import Histogram
from da3studio.app.widgets.photo_view import PhotoView
from da3studio.base.i18n import tr
from da3studio.recipes.export import DepthFormat

if TYPE_CHECKING:
    from da3studio.app.session import Session

_NAME_LETTERS = 12  # of the photo's name that are always seen


class DepthPanel(QWidget):
    """Binds a `DepthView`; the photo is on the left, what was computed from it on the right.

    Args:
        session: exports.
        depth: what is shown.
    """

    def __init__(self, session: Session, depth: DepthView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._depth = session, depth
        self.framing = Framing(self)
        self.photo = PhotoView(self.framing)
        self.map = PhotoView(self.framing)
        self.title = ElidedLabel("", "heading")
        self.title.setMinimumWidth(self.fontMetrics().horizontalAdvance("0" * _NAME_LETTERS))
        self.value = QLabel()
        self.shown = QComboBox()
        self.overlay = QComboBox()
        self.fit = tool_button("frame", "", tr("Show the whole picture (0)"))
        self.rare = tool_button("histogram", "", tr("Draw rare values taller"), checkable=True)
        self.export = QPushButton(icon("export"), tr("Export depth…"))
        self.depths = Histogram(tr("Depths shown in colour"), depth.depth_text, depth.depth_colours)
        self.confidences = Histogram(
            tr("Confidences shown"), depth.confidence_text, depth.confidence_colours
        )
        self._build_choices()
        self._lay_out()
        self._bind()
        self._show_content()
        self._show_ranges()
        self._show_pictures()

    # Building

    def _build_choices(self) -> None:
        shown: tuple[tuple[Shown, str], ...] = (
            ("depth", tr("Depth")),
            ("confidence", tr("Confidence")),
        )
        overlays: tuple[tuple[Overlay, str], ...] = (
            ("", tr("Photo alone")),
            ("confidence", tr("Photo with confidence")),
            ("sky", tr("Photo with sky marked")),
        )
        for what, text in shown:
            self.shown.addItem(text, what)
        for over, text in overlays:
            self.overlay.addItem(text, over)
        self.shown.setAccessibleName(tr("What the right picture shows"))
        self.overlay.setAccessibleName(tr("What lies over the photo"))
        self.photo.setAccessibleName(tr("Photo"))
        self.map.setAccessibleName(tr("Depth or confidence of the photo"))
        menu = QMenu(self.export)
        formats: tuple[tuple[DepthFormat, str], ...] = (
            ("png", tr("PNG, 16 bit")),
            ("tiff", tr("TIFF, exact numbers")),
            ("npz", tr("NumPy, with confidence and sky")),
        )
        for depth_format, text in formats:
            action = menu.addAction(text)
            action.triggered.connect(lambda _checked=False, one=depth_format: self._export(one))
        self.export.setMenu(menu)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        for widget in (self.overlay, self.shown, self.fit):
            bar.addWidget(widget)
        bar.addWidget(self.title, 1)
        bar.addWidget(self.export)
        views = QSplitter(Qt.Orientation.Horizontal)
        views.setChildrenCollapsible(False)
        views.addWidget(self.photo)
        views.addWidget(self.map)
        below = QGridLayout()
        below.setHorizontalSpacing(16)
        below.setVerticalSpacing(0)
        for column, (text, histogram) in enumerate(
            ((tr("Depth"), self.depths), (tr("Confidence"), self.confidences))
        ):
            caption = QLabel(text)
            set_kind(caption, "soft")
            caption.setBuddy(histogram)
            below.addWidget(caption, 0, column)
            below.addWidget(histogram, 1, column)
            below.setColumnStretch(column, 1)
        self.rare.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        below.addWidget(self.rare, 1, 2, Qt.AlignmentFlag.AlignTop)
        set_kind(self.value, "soft")
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        box.addLayout(bar)
        box.addWidget(views, 1)
        box.addWidget(self.value)
        box.addLayout(below)

    def _bind(self) -> None:
        depth = self._depth
        self.shown.currentIndexChanged.connect(
            lambda _at: depth.set_shown(self.shown.currentData())
        )
        self.overlay.currentIndexChanged.connect(
            lambda _at: depth.set_overlay(self.overlay.currentData())
        )
        self.fit.clicked.connect(self.framing.fit)
        self.rare.toggled.connect(self.depths.set_logarithmic)
        self.rare.toggled.connect(self.confidences.set_logarithmic)
        self.depths.range_changed.connect(depth.set_depth_range)
        self.confidences.range_changed.connect(depth.set_confidence_range)
        for view, other in ((self.photo, self.map), (self.map, self.photo)):
            view.pointed.connect(lambda x, y, one=view, two=other: self._point(one, two, x, y))
            view.unpointed.connect(self._unpoint)
        depth.changed.connect(self._show_content)
        depth.painted.connect(self._show_pictures)
        depth.ranges_changed.connect(self._show_ranges)
        depth.overlay_changed.connect(self._show_overlay_choice)

    # Showing

    def _show_content(self) -> None:
        depth = self._depth
        self.title.say(depth.title)
        self.photo.set_picture(image_of(depth.photo) if depth.photo is not None else None)
        self.photo.set_message(depth.photo_message if depth.photo is None else "")
        self.map.set_message(depth.depth_message)
        if not depth.has_depth:
            self.map.set_picture(None)
        self.export.setEnabled(depth.has_depth)
        self._unpoint()
        for histogram, counts in (
            (self.depths, depth.depths),
            (self.confidences, depth.confidences),
        ):
            _show_counts(histogram, counts)
        self._show_ranges()

    def _show_pictures(self) -> None:
        depth = self._depth
        if depth.depth_picture is not None:
            self.map.set_picture(image_of(depth.depth_picture))
        over = depth.overlay_picture
        self.photo.set_overlay("over", image_of(over) if over is not None else None)

    def _show_ranges(self) -> None:
        depth = self._depth
        for histogram, chosen in (
            (self.depths, depth.depth_range),
            (self.confidences, depth.confidence_range),
        ):
            if chosen is not None:
                histogram.set_range(*chosen)
        with QSignalBlocker(self.shown):
            self.shown.setCurrentIndex(self.shown.findData(depth.shown))

    def _show_overlay_choice(self) -> None:
        with QSignalBlocker(self.overlay):
            self.overlay.setCurrentIndex(self.overlay.findData(self._depth.overlay))

    def _point(self, view: PhotoView, other: PhotoView, x: float, y: float) -> None:
        """Say what is under the pointer, and show the same place in the other picture."""
        width, height = view.full_size
        share_x, share_y = x / width, y / height
        other_width, other_height = other.full_size
        other.set_crosshair((share_x * other_width, share_y * other_height))
        view.set_crosshair(None)
        self.value.setText(self._depth.value_text(share_x, share_y) or " ")

    def _unpoint(self) -> None:
        for view in (self.photo, self.map):
            view.set_crosshair(None)
        hint = tr("Point at a picture to read its depth.") if self._depth.has_depth else " "
        self.value.setText(hint)

    def _export(self, depth_format: DepthFormat) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder for the depth of all photos"))
        if folder:
            self._session.export_depth(Path(folder), depth_format)


def _show_counts(histogram: Histogram, counts: Counts | None) -> None:
    if counts is None:
        histogram.clear()
    else:
        histogram.set_counts(counts.counts, counts.low, counts.high)
