"""The dossier of a solution: a proposal as PDF, HTML or DOCX, generated from the solution and the tables behind it.

>>> from siting.report import FORMATS
>>> FORMATS
('pdf', 'html', 'docx')
"""

from __future__ import annotations

from siting.report.writing import FORMATS, make_dossier, write_report

__all__ = ["FORMATS", "make_dossier", "write_report"]
