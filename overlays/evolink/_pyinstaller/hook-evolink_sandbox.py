"""The hook of PyInstaller for `evolink_sandbox`."""

from evolink._pyinstaller import collect

datas, hiddenimports = collect("evolink_sandbox")
