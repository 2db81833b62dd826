"""The client."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Self, TypeVar

from sekha_api.client import AuthenticatedClient

from .._core.request.operations import CREATES, Operation, operation_name
from .._limits.process import Limits, limits_for, origin_of
from ..config import ClientConfig
from ..errors import SekhaConfigError
from .api.bulk_import import BulkImport
from .api.context import Context
from .api.conversations import Conversations
from .api.curation import Curation
from .api.recall import Recall
from .api.search import Search
from .api.system import System
from .create import create
from .session import Session
from .transports import transport_for
from .transports.generated_client import generated_client
from .transports.local_transport import AsyncLocalTransport, check_path

if TYPE_CHECKING:
    from ..embedders import Embedder
    from ..local import Controller

P = ParamSpec("P")
T = TypeVar("T")

FIXED_SETTINGS = frozenset(
    {
        "api_key",
        "base_url",
        "http_backend",
        "proxy",
        "shared_limits",
        "shared_limits_fallback",
        "verify",
    }
)
"""What the connections and the shared limits stand on: with others it is another client."""


class SekhaClient(Conversations, Recall, Search, Context, Curation, BulkImport, System):
    """A client of a Sekha controller.

    `SekhaClient` is the async client and `SyncSekhaClient` the sync one; both have the same
    methods. It connects at its first call, and is to be closed: use it in a `with` block, or call
    its closing method.

    Args:
        config: where the controller is and how it is called; None loads it from the environment
            and the config file (`ClientConfig.load`).

    Raises:
        SekhaConfigError: no config was given and none could be loaded.
    """

    _owns_transport = False

    def __init__(self, config: ClientConfig | None = None) -> None:
        config = config or ClientConfig.load()
        shared = None
        if config.shared_limits is not None:
            from .._limits.shared import shared_limits_for

            origin = origin_of(config.base_url)
            shared = shared_limits_for(
                config.shared_limits, origin, fallback=config.shared_limits_fallback
            )
        limits = limits_for(config.base_url)
        self._session = Session(config, transport_for(config), limits, shared)
        self._owns_transport = True
        self._trace_calls()

    @classmethod
    def local(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        embedder: Embedder | None = None,
        **settings: Any,
    ) -> Self:
        """A client of an embedded controller, in this process: no server, no network.

        Args:
            path: the file that holds everything; None keeps it in memory until the client closes.
            embedder: what makes the vectors, one of `sekha.embedders` or your own; None for the
                built-in model. A file's vectors that another one made are made anew at the first
                call; without one, a file that needs one is refused (`SekhaStorageError`).
            settings: any of ClientConfig but `api_key` and `base_url`.

        Raises:
            SekhaMissingExtraError: the extra `local` is not installed.
            SekhaValidationError: this cannot be the path of a file.
        """
        check_path(path)
        from ..local import Controller

        return cls._over(Controller(path, embedder=embedder), path, **settings)

    @classmethod
    def _over(
        cls, controller: Controller, path: str | os.PathLike[str] | None, **settings: Any
    ) -> Self:
        """A client of an embedded controller that is there already; closing it closes that."""
        config = ClientConfig.embedded(**settings)
        client = cls.__new__(cls)
        transport = AsyncLocalTransport(controller, path)
        client._session = Session(config, transport, Limits())
        client._owns_transport = True
        client._trace_calls()
        return client

    def options(self, **settings: Any) -> Self:
        """A copy with other settings that shares the connections, for one call or many.

        Args:
            settings: any of ClientConfig that the connections do not stand on, such as `timeout`
                or `max_retries`.

        Returns:
            The copy. Closing it leaves the connections open: they are the original's.
        """
        if fixed := FIXED_SETTINGS.intersection(settings):
            raise SekhaConfigError(min(fixed), "cannot be changed: make another client")
        other = self._sharing(self._session.with_config(self.config.evolve(**settings)))
        other._trace_calls()
        return other

    def _trace_calls(self) -> None:
        if self._session.telemetry is not None:
            from .tracing import trace_calls

            trace_calls(self, self._session.telemetry)

    @property
    def config(self) -> ClientConfig:
        """This client's settings."""
        return self._session.config

    @property
    def api(self) -> AuthenticatedClient:
        """The generated client over the same connections, for the operations of `sekha_api`. It
        knows no limits, no retries and none of this package's errors: `call` does."""
        return generated_client(self._session.transport, self.config)

    async def call(self, operation: Operation[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a generated operation with this client's limits, retries and errors.

        Args:
            operation: a module of `sekha_api.api`, such as
                `sekha_api.api.conversations.count_conversations`.
            args: its arguments, as its `build_request` takes them.
            kwargs: likewise.

        Returns:
            What a successful answer means, as the contract's model.
        """
        call = self._session.begin()
        if operation_name(operation) in CREATES:
            body: Any = kwargs.get("body")
            return await create(self._session, call, operation, body)
        return await call(operation, *args, **kwargs)

    async def aclose(self) -> None:
        """Close the connections. Calls under way fail; closing twice is harmless."""
        if self._owns_transport:
            await self._session.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} holds connections and cannot be pickled or copied: pickle "
            "its `config`, and make a client of it where it is needed"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.config.base_url}>"
