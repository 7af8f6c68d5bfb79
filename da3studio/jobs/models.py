"""Jobs about network weights; they load neither PyTorch nor Open3D."""

from __future__ import annotations

from da3studio.jobs.desk import Desk
from da3studio.jobs.messages import AdoptJob, DownloadJob, ModelReady, VerifyJob
from da3studio.weights import store
from da3studio.weights.adopt import adopt
from da3studio.weights.catalog import model
from da3studio.weights.download import download
from da3studio.weights.licence import accept_licence, require_accepted


def download_model(job: DownloadJob, desk: Desk) -> None:
    """Fetch a model; what came before a stop is kept and gone on with."""
    installed = download(model(job.model_id), report=desk.report_on("download"), token=desk.token)
    desk.say(ModelReady(desk.job_id, installed.id))


def adopt_model(job: AdoptJob, desk: Desk) -> None:
    """Install weights that are on this computer."""
    agree = accept_licence if job.accept_licence else require_accepted
    installed = adopt(job.path, agree=agree, report=desk.report_on("adopt"), token=desk.token)
    desk.say(ModelReady(desk.job_id, installed.id))


def verify_model(job: VerifyJob, desk: Desk) -> None:
    """Read all of an installed model."""
    installed = store.verify(job.model_id, report=desk.report_on("verify"), token=desk.token)
    desk.say(ModelReady(desk.job_id, installed.id))
