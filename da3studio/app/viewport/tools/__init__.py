"""The tools of the viewport, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from da3studio.app.viewmodels.crop_box import CropBoxModel
from da3studio.app.viewmodels.known_lengths import KnownLengths
from da3studio.app.viewmodels.measurements import Measurements
from da3studio.app.viewmodels.placing import Placing
from da3studio.app.viewmodels.selection import Selection
from da3studio.app.viewmodels.sightings import Sightings
from da3studio.app.viewport.tools.box_select import BoxSelectTool
from da3studio.app.viewport.tools.crop import CropTool
from da3studio.app.viewport.tools.floor import FloorTool
from da3studio.app.viewport.tools.lasso import LassoTool
from da3studio.app.viewport.tools.measure import MeasureTool
from da3studio.app.viewport.tools.origin import OriginTool
from da3studio.app.viewport.tools.set_scale import SetScaleTool
from da3studio.app.viewport.tools.tool import Surroundings, ToolRow

if TYPE_CHECKING:
    from da3studio.app.session import Session
    from da3studio.app.viewport.canvas import ViewportCanvas

TOOLS: tuple[ToolRow, ...] = (
    ToolRow("box", BoxSelectTool.label, BoxSelectTool.hint, "B", "select-box", BoxSelectTool),
    ToolRow("lasso", LassoTool.label, LassoTool.hint, "L", "lasso", LassoTool),
    ToolRow("crop", CropTool.label, CropTool.hint, "C", "crop", CropTool.begun),
    ToolRow("measure", MeasureTool.label, MeasureTool.hint, "M", "measure", MeasureTool),
    ToolRow("scale", SetScaleTool.label, SetScaleTool.hint, "S", "scale", SetScaleTool),
    ToolRow("floor", FloorTool.label, FloorTool.hint, "G", "floor", FloorTool),
    ToolRow("origin", OriginTool.label, OriginTool.hint, "O", "origin", OriginTool),
)


def surroundings_of(session: Session, canvas: ViewportCanvas) -> Surroundings:
    """What the tools and their panels share; made once for a window.

    Double-clicking a point also asks which photos see it.
    """
    selection, crop = Selection(session, session), CropBoxModel(session, session)
    around = Surroundings(
        session,
        selection,
        crop,
        Measurements(session, selection, crop),
        KnownLengths(session, session),
        Placing(session, lambda: canvas.screen.forward, session),
        Sightings(session),
        lambda: canvas.screen,
        canvas.navigator,
    )
    canvas.navigator.pivoted.connect(around.sightings.look_at)
    return around
