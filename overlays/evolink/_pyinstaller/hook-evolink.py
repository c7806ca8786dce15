"""The hook of PyInstaller for `evolink`."""

from evolink._pyinstaller import collect

datas, hiddenimports = collect("evolink")
