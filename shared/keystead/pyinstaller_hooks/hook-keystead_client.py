"""What a bundle with the command line or the window needs: commands, languages, the version."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

hiddenimports = collect_submodules("keystead_client.commands")
datas = [
    *collect_data_files("keystead_client", includes=["translations/*"]),
    *copy_metadata("keystead"),
]
