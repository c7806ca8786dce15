"""The hook of PyInstaller for `evolink_client`."""

from evolink._pyinstaller import collect

datas, hiddenimports = collect("evolink_client")
