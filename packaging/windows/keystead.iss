; Inno Setup 6: an installer for one user, which asks for no administrator.
; Build the folder of programs first (packaging/build.py), which fills in the product's names, then:
; iscc build\package\windows\keystead.iss

[Setup]
AppId={{@WINDOWS_APP_ID@}
AppName=@PRODUCT_NAME_INNO@
AppVersion=@VERSION@
AppPublisher=@VENDOR_INNO@
PrivilegesRequired=lowest
DefaultDirName={userpf}\@COMMAND@
DisableProgramGroupPage=yes
ArchitecturesInstallIn64BitMode=x64compatible
OutputDir=..\..\..\dist
OutputBaseFilename=@COMMAND@-@VERSION@-setup
SetupIconFile=..\icons\keystead.ico
UninstallDisplayIcon={app}\keystead-desktop.exe
; Links that are announced anew are known to browsers at once.
ChangesAssociations=yes
CloseApplications=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"
Name: "es"; MessagesFile: "compiler:Languages\Spanish.isl"
Name: "fr"; MessagesFile: "compiler:Languages\French.isl"
Name: "ja"; MessagesFile: "compiler:Languages\Japanese.isl"
Name: "ar"; MessagesFile: "compiler:Languages\Arabic.isl"

[Files]
Source: "..\keystead\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{userprograms}\@PRODUCT_NAME_FILE@"; Filename: "{app}\keystead-desktop.exe"

[Registry]
; Links come with whatever characters their author chose: behind -- nothing in one is an option.
Root: HKCU; Subkey: "Software\Classes\@SCHEME@"; ValueType: string; ValueData: "URL:@PRODUCT@"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\@SCHEME@"; ValueType: string; ValueName: "URL Protocol"; ValueData: ""
Root: HKCU; Subkey: "Software\Classes\@SCHEME@\DefaultIcon"; ValueType: string; ValueData: "{app}\keystead-desktop.exe,0"
Root: HKCU; Subkey: "Software\Classes\@SCHEME@\shell\open\command"; ValueType: string; ValueData: """{app}\keystead-desktop.exe"" -- ""%1"""

[Run]
Filename: "{app}\keystead-desktop.exe"; Description: "{cm:LaunchProgram,@PRODUCT_NAME_FILE@}"; Flags: nowait postinstall skipifsilent

[UninstallRun]
; This product's daemon only: another product's has the same name in another folder.
Filename: "{sys}\WindowsPowerShell\v1.0\powershell.exe"; Parameters: "-NoProfile -Command ""Get-Process keysteadd -ErrorAction SilentlyContinue | Where-Object {{ $_.Path -eq '{app}\keysteadd.exe' } | Stop-Process"""; Flags: runhidden; RunOnceId: "keysteadd"
