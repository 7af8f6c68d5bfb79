"""Photos and videos into a project: what came in, what was left out, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr, trn
from da3studio.cli.output import Output
from da3studio.cli.progress import Narrator
from da3studio.media.formats import is_photo
from da3studio.media.probe import nothing_usable, probe
from da3studio.project.folder import ProjectFolder, stored_photo_path
from da3studio.scene.view import View


@dataclass(frozen=True)
class Wanted:
    """What a person asked to bring in."""

    paths: Sequence[Path]  # photos, folders, videos
    n_frames: int  # from each video
    products: Collection[Path] = ()  # absolute; what the command itself writes, maybe beside photos

    def check(self) -> None:
        """Refuse a name that does not exist: a typing error, not a photo to leave out.

        Raises:
            Missing: naming the first one.
        """
        for path in self.paths:
            if not path.exists():
                raise Missing(
                    tr("{path} is not there.").format(path=path),
                    why=tr("No file or folder has this name."),
                    fix=tr("Check the spelling, and the folder that the command is run in."),
                )

    def check_products(self) -> None:
        """Refuse to write over a photo; for a project without photos, which has no products yet.

        Raises:
            BadInput: a photo that is to be read lies where a product is to be written.
        """
        given = {path.absolute() for path in self.paths}
        for product in sorted(self.products):
            if is_photo(product) and product.exists() and given & {product, *product.parents}:
                raise BadInput(
                    tr("The result would overwrite the photo {name}.").format(name=product.name),
                    why=tr("The name given with -o leads to files of this name beside it."),
                    fix=tr("Choose another name with -o; if it is an old result, delete it."),
                )


def import_photos(
    folder: ProjectFolder, wanted: Wanted, output: Output, narrator: Narrator, token: CancelToken
) -> None:
    """Add what is new to the project and save it.

    Raises:
        BadInput: nothing that was named can be used, and the project has no photos yet; or a photo
            would be overwritten by the result.
        DiskFull, CannotWrite: while writing frames or the manifest.
        JobCancelled: by the token; nothing was added.
    """
    project = folder.project
    if not project.views:
        wanted.check_products()
    with narrator.work("import", tr("Reading photos")) as report:
        found = probe(
            wanted.paths,
            frames_folder=folder.path / "frames",
            n_frames=wanted.n_frames,
            known={view.source.digest for view in project.views},
            taken={view.name for view in project.views},
            report=report,
            token=token,
        )

    def ours(path: Path) -> bool:
        """Whether a path in a folder of photos is our own work and not a photo."""
        return path in wanted.products or folder.path in (path, *path.parents)

    new = [view for view in found.views if view.source.video or not ours(Path(view.source.path))]
    for refusal in found.refused:
        if not ours(refusal.path):
            output.tell(
                "refused",
                tr("Left out: {name}: {why}").format(name=refusal.path.name, why=refusal.why),
                name=str(refusal.path),
                why=refusal.why,
            )
    if new:  # without, they only say that the project has these photos already
        for text in found.notices:
            output.tell("noticed", tr("Note: {text}").format(text=text), text=text, stage="import")
    elif not project.views:
        raise nothing_usable(found)
    folder.save(project.with_views((*project.views, *(_stored(view, folder) for view in new))))
    total = len(folder.project.views)
    words = trn("{n} photo", "{n} photos", total)
    if project.views:
        words += tr(", {n} of them new").format(n=len(new)) if new else tr(", none of them new")
    output.tell("imported", words, new=len(new), views=total)


def _stored(view: View, folder: ProjectFolder) -> View:
    """The view with its photo named as projects do."""
    path = stored_photo_path(Path(view.source.path), folder.path)
    return dataclasses.replace(view, source=dataclasses.replace(view.source, path=path))
