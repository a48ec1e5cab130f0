"""README tells truly which calls are done."""

import pytest

from tests.rest.readme_table import READMES, ROOT, with_table


@pytest.mark.parametrize(("language", "name"), list(enumerate(READMES)))
def test_the_coverage_table_is_true(language, name):
    readme = (ROOT / name).read_text()
    assert "<!-- coverage:rest -->" in readme
    assert readme == with_table(readme, language), "run: python -m tests.rest.readme_table"
