from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import BadInput, Missing
from da3studio.base.progress import Progress, silent
from da3studio.media.image import read_header, read_image
from da3studio.media.sharpness import sharpness
from da3studio.media.video import read_video_frames
from tests.media.pictures import encoded, quarters, texture, written


def filmed(path: Path, frames, fps=25.0):
    """Write frames as Motion JPEG, which keeps each as it is."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(frame[..., ::-1])
    writer.release()
    return path


def pan(offsets, scene=None):
    scene = texture(1, 1000, 240) if scene is None else scene
    return [scene[:, int(x) : int(x) + 320] for x in offsets]


def indices(frames):
    return np.array([frame.index for frame in frames])


def test_that_real_clips_give_the_count_asked_for(shared_photos: Path, tmp_path: Path):
    clip = shared_photos / "dev" / "video_hololens" / "clip.mp4"
    frames = read_video_frames(clip, tmp_path, 24, report=silent, token=NEVER)

    assert len(frames) == 24
    assert sorted(path.name for path in tmp_path.iterdir()) == [frame.path.name for frame in frames]
    assert frames[0].path.name == f"clip_{frames[0].index:06d}.jpg"
    assert np.diff(indices(frames)).min() >= 1
    assert np.diff(indices(frames)).max() <= 8  # 90 frames: no long gap
    header = read_header(frames[0].path)
    assert (header.format, header.width, header.height) == ("JPEG", 540, 360)


def test_that_the_rotation_flag_of_a_phone_is_obeyed(shared_photos: Path, tmp_path: Path):
    content = bytearray((shared_photos / "dev/video_hololens/clip.mp4").read_bytes())
    matrix = content.index(b"tkhd") + 44  # ISO/IEC 14496-12, TrackHeaderBox of version 0
    quarter_turn = (0, 65536, 0, -65536, 0, 0, 360 << 16, 0, 0x40000000)
    struct.pack_into(">9i", content, matrix, *quarter_turn)
    video = written(tmp_path / "turned.mp4", content)
    (frame,) = read_video_frames(video, tmp_path, 1, report=silent, token=NEVER)

    assert read_image(frame.path).shape == (540, 360, 3)


def test_that_frames_carry_their_index_and_time(tmp_path: Path):
    video = filmed(tmp_path / "clip.avi", pan(np.arange(40) * 8))
    frames = read_video_frames(video, tmp_path / "frames", 8, report=silent, token=NEVER)

    for frame in frames:
        assert frame.time_s == pytest.approx(frame.index / 25, abs=0.001)
        shown = read_image(frame.path).astype(int)
        assert np.abs(shown - pan([frame.index * 8])[0]).mean() < 8  # the frame it says it is


def test_that_frames_follow_the_motion_and_not_the_clock(tmp_path: Path):
    standing, walking = np.zeros(60), np.arange(60) * 8
    video = filmed(tmp_path / "clip.avi", pan([*standing, *walking]))
    frames = read_video_frames(video, tmp_path / "frames", 12, report=silent, token=NEVER)

    assert len(frames) == 12
    assert (indices(frames) >= 60).sum() >= 10


def test_that_the_sharp_frames_are_taken(tmp_path: Path):
    frames = pan(np.arange(60) * 8)
    shaken = [cv2.blur(frame, (15, 1)) if i % 3 else frame for i, frame in enumerate(frames)]
    video = filmed(tmp_path / "clip.avi", shaken)
    chosen = read_video_frames(video, tmp_path / "frames", 10, report=silent, token=NEVER)

    assert (indices(chosen) % 3 == 0).all()
    grey = [cv2.cvtColor(read_image(frame.path), cv2.COLOR_RGB2GRAY) for frame in chosen]
    assert min(map(sharpness, grey)) > 0.3


def test_that_a_short_video_gives_all_its_frames(tmp_path: Path):
    video = filmed(tmp_path / "clip.avi", pan([0, 10, 20]))
    frames = read_video_frames(video, tmp_path / "frames", 24, report=silent, token=NEVER)

    assert indices(frames).tolist() == [0, 1, 2]


def test_that_a_still_video_gives_frames_spread_over_time(tmp_path: Path):
    video = filmed(tmp_path / "clip.avi", pan(np.zeros(80)))
    frames = read_video_frames(video, tmp_path / "frames", 8, report=silent, token=NEVER)

    assert len(frames) == 8
    assert np.diff(indices(frames)).max() <= 20


def test_that_unicode_names_work(tmp_path: Path):
    video = filmed(tmp_path / "clip.avi", pan([0, 10, 20]))
    renamed = video.rename(tmp_path / "Spaziergang über 橋.avi")
    frames = read_video_frames(renamed, tmp_path / "bilder ü", 2, report=silent, token=NEVER)

    assert [frame.path.exists() for frame in frames] == [True, True]


@pytest.mark.parametrize("content", ["text", "truncated", "av1"])
def test_that_unreadable_videos_are_refused_with_what_to_do(
    tmp_path: Path, shared_photos: Path, content, capfd
):
    bytes_of = {
        "text": b"no video at all",
        "truncated": (shared_photos / "dev/video_hololens/clip.mp4").read_bytes()[:200_000],
        "av1": encoded(quarters(), "AVIF"),  # an AV1 stream in the same container as MP4
    }
    video = written(tmp_path / "clip.mp4", bytes_of[content])
    with pytest.raises(BadInput, match=r"clip\.mp4 cannot be read as a video.*H\.264 MP4"):
        read_video_frames(video, tmp_path / "frames", 8, report=silent, token=NEVER)
    assert not (tmp_path / "frames").exists()


def test_that_empty_and_absent_videos_are_told_apart(tmp_path: Path):
    empty = written(tmp_path / "empty.mp4", b"")
    with pytest.raises(BadInput, match="0 bytes"):
        read_video_frames(empty, tmp_path, 8, report=silent, token=NEVER)
    with pytest.raises(Missing):
        read_video_frames(tmp_path / "gone.mp4", tmp_path, 8, report=silent, token=NEVER)


def test_that_cancelling_stops_between_frames(tmp_path: Path):
    video = filmed(tmp_path / "clip.avi", pan(np.arange(40) * 8))
    reports: list[object] = []
    token = CancelToken(lambda: len(reports) >= 5)
    with pytest.raises(JobCancelled):
        read_video_frames(video, tmp_path / "frames", 4, report=reports.append, token=token)
    assert len(reports) == 5


def test_that_progress_never_goes_beyond_its_total(tmp_path: Path):
    video = filmed(tmp_path / "clip.avi", pan(np.arange(40) * 8))
    reports: list[Progress] = []
    read_video_frames(video, tmp_path / "frames", 4, report=reports.append, token=NEVER)

    assert all(0 < report.done <= report.total for report in reports)
    assert reports[-1].done == reports[-1].total == 4
