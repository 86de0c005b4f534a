"""`worker`: this machine reads for a scan that runs on another one.

Promises: what it can't work with – an address, certificates, a missing package – is said before it starts; ends with 0
on SIGTERM and SIGINT. Leaves alone: the worker's processes (cluster_worker.py), who sends them work (cluster.py).
"""

from __future__ import annotations

import os
import platform
from typing import Annotated

import typer

from monitor import printing
from monitor.session import Session


def register(app: typer.Typer) -> None:
    app.command("worker")(worker)


def worker(
    context: typer.Context,
    address: Annotated[str | None, typer.Argument(metavar="[ADDRESS]", help="the scheduler, like tls://10.0.0.5:8786; "
                                                                            "without it [reading] cluster")] = None,
    processes: Annotated[int, typer.Option("--processes", metavar="N", min=0, max=256,
                                           help="documents read at once; 0: one for each processor")] = 0,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="what it is called in messages; without it "
                                                                            "the machine's name")] = None,
) -> None:
    """Read documents for a scan on another machine, as a worker of its Dask cluster."""
    from monitor import cluster, cluster_worker, messages
    from monitor.exceptions import SettingsError, UsageError
    from monitor.settings import Reading

    session: Session = context.obj
    given = session.settings.reading
    if not (address or given.cluster):
        raise UsageError("no scheduler is named: say nianbao worker tls://HOST:PORT, or set [reading] cluster")
    try:
        reading = Reading.model_validate({**given.model_dump(), "cluster": address or given.cluster})
    except ValueError as fault:
        said = fault.errors()[0]["msg"].removeprefix("Value error, ")  # type: ignore[attr-defined]
        raise SettingsError(f"{address}: {said}; an address is written like tls://10.0.0.5:8786") from None
    cluster.check(reading)
    secured = cluster.security(reading)
    count = processes or reading.processes
    printing.note(messages.said(f"{reading.cluster}: {count} processes wait for documents to read", session.lang))
    try:
        cluster_worker.serve(
            reading.cluster, secured, processes=count, office=session.settings.facts.folder,
            name=f"{name or platform.node() or 'worker'}-{os.getpid()}",
            tell=lambda sentence: printing.complain(messages.said(sentence, session.lang)))
    except OSError as fault:
        raise SettingsError(f"{reading.cluster}: {fault.strerror or fault}; check the address") from None
