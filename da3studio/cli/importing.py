"""Photos and videos into a project: what came in, what was left out, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr, trn
from da3studio.cli.output import Output
from da3studio.cli.progress import Narrator
from da3studio.media.formats import is_photo
from da3studio.media.probe import nothing_usable
from da3studio.pipeline.importing import look_through, with_new_views
from da3studio.project.folder import ProjectFolder


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
        found = look_through(
            folder,
            wanted.paths,
            wanted.n_frames,
            products=wanted.products,
            report=report,
            token=token,
        )
    new = found.views
    for refusal in found.refused:
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
    folder.save(with_new_views(project, new))
    total = len(folder.project.views)
    words = trn("{n} photo", "{n} photos", total)
    if project.views:
        words += tr(", {n} of them new").format(n=len(new)) if new else tr(", none of them new")
    output.tell("imported", words, new=len(new), views=total)
