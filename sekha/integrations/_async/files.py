"""A user's text files, for a model that keeps notes: each a document of one folder."""

from __future__ import annotations

from collections.abc import Sequence

from ..._async.client import SekhaClient
from ...errors import SekhaNotFoundError
from .._core import files, folders
from .._core.codec import Said
from .._core.files import FileError
from .documents import Conflict, Document, Documents


class Files:
    """The commands of a memory tool. Folders are where files are: an empty one is none.

    Each command costs 1 request for the list (for 1,000 files) and 1 for a file's content; a change
    3 more, for the new version, a look whether another writer was first, and the old one.

    Args:
        client: any client.
        user_id: whose files they are.
        root: the folder that the users' folders are in.
    """

    def __init__(self, client: SekhaClient, user_id: str, root: str = folders.ROOT) -> None:
        self._client = client
        self._documents = Documents(client, first_wins=True)
        self.folder = folders.join(folders.user_folder(folders.root(root), user_id), "==memories")

    async def view(self, path: str, view_range: Sequence[int] | None = None) -> str:
        """A file with line numbers, or what is in a folder."""
        found = await self._heads()
        whole = files.resolved(path)
        if whole in found:
            return files.numbered(path, await self._content(path, found[whole]), view_range)
        inside = files.below(found, whole)
        if not inside and whole != files.TOP:
            raise files.not_there(path)
        return files.listing(path, {each: found[each].label.size for each in inside})

    async def create(self, path: str, text: str) -> str:
        """A new file; one that is there is never overwritten."""
        whole, found = files.resolved(path), await self._heads()
        if whole in found or whole == files.TOP or files.below(found, whole):
            raise FileError(f"File {path} already exists")
        over = [each for each in found if folders.is_under(whole, each)]
        if over:
            raise FileError(f"The path {over[0]} is not a directory.")
        try:
            await self._put(whole, text, None)
        except Conflict:
            raise FileError(f"File {path} already exists") from None
        return f"File created successfully at: {path}"

    async def str_replace(self, path: str, old: str, new: str) -> str:
        """Replace a text that occurs once."""
        document = await self._file(path)
        content, told = files.replaced(path, await self._content(path, document), old, new)
        await self._change(path, document, content)
        return told

    async def insert(self, path: str, line: int, text: str) -> str:
        """Insert lines after so many lines."""
        document = await self._file(path)
        content = files.inserted(await self._content(path, document), line, text)
        await self._change(path, document, content)
        return f"The file {path} has been edited."

    async def delete(self, path: str) -> str:
        """Take a file away, or a folder with all that is in it."""
        whole, found = files.resolved(path), await self._heads()
        if whole == files.TOP:
            raise FileError(f"Cannot delete the {files.TOP} directory itself")
        gone = [whole] if whole in found else files.below(found, whole)
        if not gone:
            raise FileError(f"The path {path} does not exist")
        for each in gone:
            await self._documents.delete(found[each])
        return f"Successfully deleted {path}"

    async def rename(self, old_path: str, new_path: str) -> str:
        """Move a file, or a folder with all that is in it; 1 request for each file."""
        old, new, found = files.resolved(old_path), files.resolved(new_path), await self._heads()
        if old == files.TOP:
            raise FileError(f"Cannot rename the {files.TOP} directory itself")
        if new == files.TOP or new in found or files.below(found, new):
            raise FileError(f"The destination {new_path} already exists")
        moved = [old] if old in found else files.below(found, old)
        if not moved:
            raise FileError(f"The path {old_path} does not exist")
        if old not in found and folders.is_under(new, old):
            raise FileError(f"Cannot move {old_path} into itself")
        for each in moved:
            await self._documents.rename(found[each], new + each[len(old) :])
        return f"Successfully renamed {old_path} to {new_path}"

    async def clear(self) -> str:
        """Take all files away."""
        for each in (await self._heads()).values():
            await self._documents.delete(each)
        return "All memory cleared"

    async def contents(self) -> dict[str, str]:
        """All files with their contents."""
        found = await self._heads()
        return {path: await self._content(path, each) for path, each in sorted(found.items())}

    async def _heads(self) -> dict[str, Document]:
        return await self._documents.heads(self.folder)

    async def _file(self, path: str) -> Document:
        whole, found = files.resolved(path), await self._heads()
        if whole in found:
            return found[whole]
        if whole == files.TOP or files.below(found, whole):
            raise FileError(f"The path {path} is not a file.")
        raise files.not_there(path)

    async def _content(self, path: str, document: Document) -> str:
        try:
            return str((await self._documents.read(document))["content"])
        except SekhaNotFoundError:
            raise FileError(f"The file {path} was changed meanwhile: view it again.") from None

    async def _change(self, path: str, document: Document, content: str) -> None:
        try:
            await self._put(document.key, content, document)
        except Conflict:
            raise FileError(f"The file {path} was changed meanwhile: view it again.") from None

    async def _put(self, key: str, content: str, old: Document | None) -> None:
        value = {"role": "file", "content": content}
        size = len(content.encode("utf-8", "replace"))
        said = Said("file", content)
        await self._documents.put_expected(self.folder, key, value, old=old, said=said, size=size)
