"""The language of the window: our catalogue, Qt's own texts, and the form of numbers."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from da3studio.app.units import whole_text
from da3studio.base.i18n import set_language, write_counts


def speak(app: QCoreApplication, code: str = "") -> tuple[QTranslator, ...]:
    """Make the application speak a language, before its first window is built.

    Args:
        app: it.
        code: of the settings, "" = the system's.

    Returns:
        What has to live as long as the application: Qt keeps no reference of its own.
    """
    system = QLocale.system()
    spoken = set_language(code, system.uiLanguages())
    # a person in Austria keeps Austria's numbers, one who chose another language gets its own
    QLocale.setDefault(system if system.name().startswith(spoken) else QLocale(spoken))
    write_counts(whole_text)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    qt_texts = QTranslator()
    if not qt_texts.load(f"qtbase_{spoken}", folder):
        return ()
    app.installTranslator(qt_texts)
    return (qt_texts,)
