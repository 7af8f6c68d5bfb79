"""Run as a program with QT_SCALE_FACTOR set: prints how far off things are drawn and picked."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication

from tests.app.viewport.scenes import painted, tilted_camera
from tests.app.viewport.windows import middle_of, pixels_of


def main() -> None:
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = QApplication([])
    from da3studio.app.viewport.canvas import ViewportCanvas
    from da3studio.app.viewport.cloud_layer import CloudLayer
    from da3studio.app.viewport.eye import Eye

    canvas = ViewportCanvas()
    canvas.native.resize(401, 303)
    canvas.native.show()
    point = np.array([[0.31, -0.22, 0.4]], np.float32)
    layer = CloudLayer(canvas.pace)
    layer.set_style(9, by_distance=False, eye_dome=False)
    layer.set_points(point, painted(1, (255, 0, 0)))
    canvas.add(layer, 0)
    canvas.set_eye(Eye(distance=3, azimuth=0.5, elevation=0.3))
    while not canvas.native.isVisible() or not canvas.native.isValid():
        application.processEvents()

    ratio = canvas.ratio
    off = _off(canvas, point[0], ratio)
    x, y, _ = canvas.screen.project(point[0])
    under = canvas.point_under(x, y)
    picked = np.linalg.norm(under - point[0]) / canvas.screen.units_per_px(point[0])
    canvas.set_through(tilted_camera())
    print(ratio, off, picked, _off(canvas, point[0], ratio))
    canvas.close()


def _off(canvas, point, ratio: float) -> float:
    picture = pixels_of(canvas.grab()).astype(int)
    seen = np.array(middle_of((picture[..., 0] > 200) & (picture[..., 1] < 60))) / ratio
    return float(np.linalg.norm(seen - canvas.screen.project(point)[:2]))


if __name__ == "__main__":
    main()
