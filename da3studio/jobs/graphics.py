"""The job that fetches PyTorch for the graphics card; it loads no PyTorch itself."""

from __future__ import annotations

from da3studio.jobs.desk import Desk
from da3studio.jobs.messages import GpuReady
from da3studio.runtime.install import install
from da3studio.runtime.status import look, wanted


def install_gpu(desk: Desk) -> None:
    """Fetch it; what came before a stop is kept and gone on with."""
    edition, card = wanted(look())
    verdict = install(edition, card.driver, report=desk.report_on("gpu"), token=desk.token)
    desk.say(GpuReady(desk.job_id, verdict.works, verdict.why))
