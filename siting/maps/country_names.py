"""Names of the member states in the languages the maps speak."""

from __future__ import annotations

_NAMES = {
    "AT": ("Austria", "Austria"), "BE": ("Belgium", "Belgio"), "BG": ("Bulgaria", "Bulgaria"),
    "CY": ("Cyprus", "Cipro"), "CZ": ("Czechia", "Cechia"), "DE": ("Germany", "Germania"),
    "DK": ("Denmark", "Danimarca"), "EE": ("Estonia", "Estonia"), "EL": ("Greece", "Grecia"),
    "ES": ("Spain", "Spagna"), "FI": ("Finland", "Finlandia"), "FR": ("France", "Francia"),
    "HR": ("Croatia", "Croazia"), "HU": ("Hungary", "Ungheria"), "IE": ("Ireland", "Irlanda"),
    "IT": ("Italy", "Italia"), "LT": ("Lithuania", "Lituania"), "LU": ("Luxembourg", "Lussemburgo"),
    "LV": ("Latvia", "Lettonia"), "MT": ("Malta", "Malta"), "NL": ("Netherlands", "Paesi Bassi"),
    "PL": ("Poland", "Polonia"), "PT": ("Portugal", "Portogallo"), "RO": ("Romania", "Romania"),
    "SE": ("Sweden", "Svezia"), "SI": ("Slovenia", "Slovenia"), "SK": ("Slovakia", "Slovacchia"),
}  # fmt: skip


def country_name(code: str, language: str) -> str:
    """Return the name of a member state.

    Parameters
    ----------
    code : str
        As Eurostat writes it; EL is Greece.
    language : {"en", "it"}
        Language of the name.

    Returns
    -------
    str
        The name, or the code itself if it is not known.

    Examples
    --------
    >>> country_name("EL", "it")
    'Grecia'
    """
    names = _NAMES.get(code)
    return code if names is None else names[0 if language == "en" else 1]
