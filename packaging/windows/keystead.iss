; Inno Setup 6: an installer for one user, which asks for no administrator.
; Build the folder of programs first (packaging/build.py), then: iscc packaging\windows\keystead.iss

#define Name "Keystead"
#define Version "0.1.0"

[Setup]
AppId={{8C1D2F5E-7B0A-4B6E-9E55-0B6B1D6F3A27}
AppName={#Name}
AppVersion={#Version}
AppPublisher=Keystead contributors
PrivilegesRequired=lowest
DefaultDirName={userpf}\{#Name}
DisableProgramGroupPage=yes
ArchitecturesInstallIn64BitMode=x64compatible
OutputDir=..\..\dist
OutputBaseFilename=keystead-{#Version}-setup
SetupIconFile=..\..\build\package\icons\keystead.ico
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
Source: "..\..\build\package\keystead\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{userprograms}\{#Name}"; Filename: "{app}\keystead-desktop.exe"

[Registry]
; Links come with whatever characters their author chose: behind -- nothing in one is an option.
Root: HKCU; Subkey: "Software\Classes\keystead"; ValueType: string; ValueData: "URL:Keystead"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\keystead"; ValueType: string; ValueName: "URL Protocol"; ValueData: ""
Root: HKCU; Subkey: "Software\Classes\keystead\DefaultIcon"; ValueType: string; ValueData: "{app}\keystead-desktop.exe,0"
Root: HKCU; Subkey: "Software\Classes\keystead\shell\open\command"; ValueType: string; ValueData: """{app}\keystead-desktop.exe"" -- ""%1"""

[Run]
Filename: "{app}\keystead-desktop.exe"; Description: "{cm:LaunchProgram,{#Name}}"; Flags: nowait postinstall skipifsilent

[UninstallRun]
Filename: "{sys}\taskkill.exe"; Parameters: "/IM keysteadd.exe"; Flags: runhidden; RunOnceId: "keysteadd"
