"""The job that fetches PyTorch for the card, and workers that are exchanged for new ones."""

from __future__ import annotations

import time

from da3studio.base.errors import BadInput
from da3studio.jobs.messages import Failed, InstallGpuJob
from tests.jobs.talk import Talk
from tests.pipeline.exact_engine import exact_engine


def test_that_a_source_checkout_is_told_its_own_way_and_a_renewed_worker_is_another():
    talk = Talk(exact_engine)
    with talk.client as client:
        client.submit(InstallGpuJob())
        outcome = talk.outcome()
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error(), BadInput)
        assert "setup --torch-index" in outcome.fix

        before = client._worker.pid
        client.renew()
        client.submit(InstallGpuJob())
        assert isinstance(talk.outcome(), Failed)
        assert client._worker.pid != before
        while client.memory_bytes() == 0:
            time.sleep(0.01)
