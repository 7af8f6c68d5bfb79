from __future__ import annotations

import itertools
import re
from dataclasses import fields

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from da3studio.app.icons import icon, icon_names, picture
from da3studio.app.theme import DARK, LIGHT, Theme, colours, set_kind, style_sheet
from da3studio.base.paths import resources

PALETTES = (DARK, LIGHT)
BACKGROUNDS = ("window", "panel", "raised", "hover", "field", "accent_soft")
TEXT = [
    *((text, back) for text in ("text", "text_soft") for back in BACKGROUNDS),
    *(
        (tone, back)
        for tone in ("warning", "good", "bad", "accent")
        for back in ("window", "panel")
    ),
    *(
        (text, f"{tone}_soft")
        for text in ("text", "text_soft")
        for tone in ("warning", "good", "bad")
    ),
    *((tone, f"{tone}_soft") for tone in ("warning", "good", "bad")),
    ("accent_text", "accent"),
]
CONTROLS = [
    *(("outline", back) for back in ("window", "panel", "field")),
    *(("accent", back) for back in BACKGROUNDS),
    ("text", "panel"),  # the ring around a primary button that has the focus
]
ON_THE_PICTURE = (
    "marked", "frustum", "frustum_hovered", "frustum_selected", "axis_x", "axis_y", "axis_z",
)  # fmt: skip


def luminance(colour: QColor) -> float:
    """Of WCAG 2.2."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: QColor, b: QColor) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture
def theme(qapp):
    before = qapp.palette(), qapp.styleSheet(), qapp.font()
    yield Theme(qapp, "dark")
    qapp.setStyleSheet(before[1])
    qapp.setPalette(before[0])
    qapp.setFont(before[2])


@pytest.mark.parametrize("palette", PALETTES, ids=lambda one: one.name)
def test_that_text_stands_out_4_5_times_and_controls_3_times(palette):
    on_the_picture = itertools.product(ON_THE_PICTURE, ("viewport_top", "viewport_bottom"))
    controls = dict.fromkeys((*CONTROLS, *on_the_picture), 3.0)
    wanted = controls | dict.fromkeys(TEXT, 4.5)
    for (front, back), least in wanted.items():
        ratio = contrast(getattr(palette, front), getattr(palette, back))
        assert ratio >= least, f"{front} on {back}: {ratio:.2f}"


@pytest.mark.parametrize("palette", PALETTES, ids=lambda one: one.name)
def test_that_the_pictures_of_the_style_sheet_have_colours_of_the_palette(palette):
    allowed = {
        getattr(palette, field.name).name() for field in fields(palette) if field.name != "name"
    }
    folder = resources() / "theme" / palette.name
    for path in folder.glob("*.svg"):
        assert set(re.findall(r"#[0-9a-f]{6}", path.read_text())) <= allowed, path.name


def test_that_both_palettes_have_a_picture_for_each_name_in_the_style_sheet(qapp):
    for palette in PALETTES:
        named = re.findall(r"url\(theme:(\S+?)\)", style_sheet(palette, qapp.font()))
        assert named
        for name in named:
            assert (resources() / "theme" / name).is_file(), name


def test_that_the_style_sheet_names_no_colours_of_its_own():
    text = (resources() / "theme" / "style.qss").read_text("utf-8")

    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(", text)


def test_that_a_change_of_theme_reaches_palette_painters_and_icons(theme, qapp, qtbot):
    add = icon("plus")
    dark = add.pixmap(24).toImage().pixelColor(12, 12)
    assert colours() is DARK
    assert dark.lightness() > 200
    with qtbot.waitSignal(theme.changed):
        theme.set_choice("light")

    assert colours() is LIGHT
    assert qapp.palette().window().color() == LIGHT.panel
    assert add.pixmap(24).toImage().pixelColor(12, 12).lightness() < 60


def test_that_kinds_are_seen_at_once(theme, qtbot):
    label = QLabel("words")
    qtbot.addWidget(label)
    label.show()
    set_kind(label, "warning")

    assert label.palette().windowText().color() == DARK.warning


def test_that_the_font_is_at_least_13_px(theme, qapp):
    probe = QWidget()
    probe.setFont(QApplication.font())

    assert probe.fontInfo().pixelSize() >= 13
    probe.deleteLater()


def test_that_every_drawing_is_seen_and_follows_our_rules(qapp):
    for name in icon_names():
        text = (resources() / "icons" / f"{name}.svg").read_text("utf-8")
        image = picture(name, 24).toImage()
        alpha = [[image.pixelColor(x, y).alpha() for x in range(24)] for y in range(24)]
        assert sum(value > 40 for row in alpha for value in row) > 15, name
        if name != "app":
            assert 'viewBox="0 0 24 24"' in text, name
            assert "currentColor" in text, name
            assert not re.findall(r"#[0-9a-f]{3}", text), name
            assert max(*alpha[0], *alpha[23]) < 60, f"{name} touches the edge"


def test_that_disabled_icons_are_paler_and_scaled_ones_sharp(theme):
    drawn = icon("lasso")
    usual = drawn.pixmap(QSize(24, 24), 2.0)
    pale = drawn.pixmap(QSize(24, 24), 2.0, QIcon.Mode.Disabled).toImage()
    shades = {
        pale.pixelColor(x, y).name()
        for x in range(48)
        for y in range(48)
        if pale.pixelColor(x, y).alpha() > 250
    }

    assert (usual.width(), usual.devicePixelRatio()) == (48, 2.0)
    assert shades == {DARK.text_off.name()}


def test_that_an_unknown_icon_is_a_mistake_found_at_once(qapp):
    with pytest.raises(FileNotFoundError):
        icon("no such icon")
