"""The hook of PyInstaller for `evolink_mock`."""

from evolink._pyinstaller import collect

datas, hiddenimports = collect("evolink_mock")
