"""Making locks: every name of a release is asked about, and each name once."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.apply import hub, registry
from deployer.lock import reference
from deployer.lock.lock import Lock, LockedImage
from deployer.lock.wanted import wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.lock.lock import LockedRepository
    from deployer.lock.wanted import Wanted
    from deployer.release import Release
    from deployer.serve.weights.pace import Pace


class Asked:
    """The hub and the registries, as they answered during one command. ``names`` are their hosts.

    Profiles of one repository name the same model and image more often than not.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, pace: Pace = hub.PACE) -> None:
        self._environ = environ
        self._pace = pace
        self._repositories: dict[Wanted, LockedRepository] = {}
        self._images: dict[str, LockedImage] = {}
        self.names: tuple[str, ...] = ()

    def lock(self, release: Release) -> Lock:
        """Ask what each name of a release means.

        Raises :class:`~deployer.errors.Failure` where somebody cannot be asked, or refuses: a lock
        is whole, or is none.
        """
        image = release.engine.image
        found = self.without_image(release)
        return replace(found, image=self._image(image)) if image else found

    def without_image(self, release: Release) -> Lock:
        """Ask the hub alone. Raises Failure as :meth:`lock` does."""
        return Lock(tuple(map(self._repository, wanted(release))))

    def _repository(self, one: Wanted) -> LockedRepository:
        if one not in self._repositories:
            found = hub.describe(one, self._environ, pace=self._pace)
            self._repositories[one] = found
            self._heard(hub.hub_name(self._environ))
        return self._repositories[one]

    def _image(self, image: str) -> LockedImage:
        if image not in self._images:
            self._images[image] = LockedImage(image, registry.digest(image, pace=self._pace))
            found = reference.read(image)
            self._heard(found.host if found else image)
        return self._images[image]

    def _heard(self, name: str) -> None:
        self.names = tuple(dict.fromkeys((*self.names, name)))
