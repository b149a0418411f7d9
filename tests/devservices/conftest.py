import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def somebodys_folder():
    """A folder outside tmp_path, whose parents another user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="tachograph-somebody-"))
    yield folder
    shutil.rmtree(folder)
