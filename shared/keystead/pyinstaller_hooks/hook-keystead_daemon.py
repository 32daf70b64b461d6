"""What a bundle with the daemon needs: its helpers and billing APIs are imported by their names."""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = collect_submodules("keystead_daemon")
