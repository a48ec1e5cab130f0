"""Forms of an import of users: the file, and what to do with names that exist."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imadmin.console.actions.imports import COLUMNS, MAX_ROWS
from imadmin.console.csvfiles import BadTable, Table, read_table
from imadmin.console.forms.fields import AppForm

MAX_BYTES = 5 * 1024 * 1024
ENCODINGS = [
    ("", gettext_lazy("Guess it")),
    ("utf-8-sig", "UTF-8"),
    ("gb18030", "GB18030 (GBK, GB2312)"),
    ("utf-16", "UTF-16"),
    ("big5", "Big5"),
]


class ImportFileForm(AppForm):
    """Cleans `file` to a Table with a username column."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("At most 5 MB and 10,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=ENCODINGS, required=False)
    field_order = ["encoding", "file"]  # the file is read in the encoding that was chosen

    filename = ""

    def clean_file(self) -> Table:
        upload: Any = self.cleaned_data["file"]
        self.filename = upload.name or ""
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(_("The file has more than 5 MB."))
        try:
            table = read_table(upload.read(), self.cleaned_data.get("encoding", ""))
        except BadTable as exc:
            raise forms.ValidationError(str(exc)) from None
        if COLUMNS[0] not in table.header:
            named = ", ".join(table.header)[:200]
            raise forms.ValidationError(
                _("The first line must name a column username; it says: %(named)s")
                % {"named": named}
            )
        if not table.rows:
            raise forms.ValidationError(_("The file has no row below its first line."))
        if len(table.rows) > MAX_ROWS:
            raise forms.ValidationError(
                _("The file has %(count)d rows, more than %(limit)d.")
                % {"count": len(table.rows), "limit": MAX_ROWS}
            )
        return table


class StartImportForm(AppForm):
    on_conflict = forms.ChoiceField(
        label=gettext_lazy("Users that exist already"),
        choices=[
            ("skip", gettext_lazy("Leave them as they are")),
            ("update", gettext_lazy("Change their nickname")),
            ("stop", gettext_lazy("Import nothing if there is one")),
        ],
        initial="skip",
    )
