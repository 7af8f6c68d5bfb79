"""When a set-up is current, and which parts of a broken one are noticed."""

import json
import os
from pathlib import Path

import pytest
from bootstrapping.environment import Environment, is_whole, normal_name
from bootstrapping.stamp import (
    Wish,
    is_current,
    read_stamp,
    remove_stamp,
    stamp_now,
    write_stamp,
)

RUN = Wish()
TEST = Wish(extras=frozenset({"test"}))
PACKAGE = "numpy-2.0.dist-info"


def test_that_a_finished_set_up_is_current(checkout, environment):
    assert is_current(checkout, environment, TEST)
    assert is_current(checkout, environment, RUN)  # what was made for `test` can run, too


def test_that_a_set_up_for_run_does_not_do_for_test(checkout, environment):
    write_stamp(environment, stamp_now(checkout, environment, RUN))

    assert is_current(checkout, environment, RUN)
    assert not is_current(checkout, environment, TEST)


def test_that_another_torch_index_is_noticed_and_the_same_one_is_not(checkout, environment):
    from_there = Wish(torch_index="https://there.example/cpu")
    write_stamp(environment, stamp_now(checkout, environment, from_there))

    assert is_current(checkout, environment, from_there)
    assert is_current(checkout, environment, RUN)  # it is remembered, not undone
    assert not is_current(checkout, environment, Wish(torch_index="https://here.example"))


def change_pyproject(checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text('[project]\nname = "other"\n')


def tear_stamp(checkout: Path) -> None:
    stamp = checkout / ".venv/bootstrap.json"
    stamp.write_text(stamp.read_text()[:40])


def stamp_of_a_later_bootstrap(checkout: Path) -> None:
    stamp = checkout / ".venv/bootstrap.json"
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"bootstrap": 99}))


def delete_a_package(checkout: Path) -> None:
    site_packages = Environment(checkout / ".venv").site_packages
    (site_packages / "numpy").rename(checkout / "numpy")


def begin_an_installation(checkout: Path) -> None:
    remove_stamp(Environment(checkout / ".venv"))


@pytest.mark.parametrize(
    "change",
    [
        change_pyproject,
        tear_stamp,
        stamp_of_a_later_bootstrap,
        delete_a_package,
        begin_an_installation,
    ],
)
def test_that_a_set_up_is_no_longer_current_after(change, checkout, environment):
    change(checkout)

    assert not is_current(checkout, environment, RUN)


def test_that_a_moved_checkout_is_not_current(checkout):
    moved = checkout.rename(checkout.parent / "moved")

    assert not is_current(moved, Environment(moved / ".venv"), RUN)


def test_that_a_stamp_is_read_as_it_was_written(checkout, environment):
    stamp = stamp_now(checkout, environment, TEST)
    write_stamp(environment, stamp)

    assert read_stamp(environment) == stamp


def test_that_a_working_environment_has_no_fault(environment):
    assert environment.fault() == ""
    assert environment.answers("-c", "")
    assert not environment.answers("-m", "pip", "--version")  # it was made without


@pytest.mark.skipif(os.name == "nt", reason="interpreters are copies there, not links")
def test_that_a_link_to_a_python_that_is_gone_is_a_fault(environment, tmp_path):
    environment.python.unlink()
    environment.python.symlink_to(tmp_path / "gone")

    assert environment.fault() == "its Python is missing"


def test_that_an_environment_of_another_python_is_a_fault(checkout, environment):
    (environment.folder / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.9.2\n")

    assert environment.fault().startswith("it is for Python 3.9 ")
    assert not is_current(checkout, environment, RUN)


def test_that_a_folder_without_anything_in_it_is_a_fault(tmp_path):
    (tmp_path / ".venv").mkdir()

    assert Environment(tmp_path / ".venv").fault() == "its Python is missing"


def test_that_an_interpreter_that_does_not_start_is_noticed(environment):
    environment.python.unlink()
    environment.python.write_text("not a program")
    environment.python.chmod(0o755)

    assert not environment.answers("-c", "")


def test_that_a_whole_package_is_kept(environment):
    assert is_whole(environment.site_packages / PACKAGE)  # although its .pyc was never made
    assert environment.forget_damaged() == []


def lose_a_file(site_packages: Path) -> None:
    (site_packages / "numpy/core.py").unlink()


def cut_a_file_short(site_packages: Path) -> None:
    (site_packages / "numpy/core.py").write_text("two")


def lose_the_list(site_packages: Path) -> None:
    (site_packages / PACKAGE / "RECORD").unlink()


@pytest.mark.parametrize("damage", [lose_a_file, cut_a_file_short, lose_the_list])
def test_that_pip_is_made_to_install_a_damaged_package_again(damage, environment):
    damage(environment.site_packages)

    assert environment.forget_damaged() == ["numpy"]
    assert not (environment.site_packages / PACKAGE).exists()


def test_that_what_is_imported_to_check_is_each_requirements_main_package(environment, add):
    add("Pillow_Heif")

    assert environment.main_packages(["numpy>=2", "pillow-heif[x]; python_version>'3'"]) == [
        "Pillow_Heif",
        "numpy",
    ]
    assert normal_name("opencv_python.Headless>=4.10") == "opencv-python-headless"


@pytest.mark.skipif(os.name == "nt", reason="making a link needs a right there")
def test_that_removing_a_linked_environment_removes_the_link_only(environment, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(environment.folder)

    Environment(link).remove()

    assert environment.python.exists()
    assert not link.is_symlink()
