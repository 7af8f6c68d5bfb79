; The Windows installer; packaging/building/windows.py compiles it and defines, as absolute paths:
;   NAME TITLE VERSION NUMBERS MAKERS HOMEPAGE   what the program is called; NUMBERS as 0.1.0.0
;   ICON OUT                                     files
;   FILES UNFILES                                scripts that install and remove the bundle's files
;   SIZE                                         of the bundle [KiB]
;   QUICK                                        if defined, compressed quickly, to try it out
;
; For one person, without an administrator. What is removed is what was installed, file by file: the
; folder may be one that holds other things.

Unicode true
!ifdef QUICK
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
  SetCompressorDictSize 64
!endif

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include x64.nsh
!include WinVer.nsh

!define SETTINGS "Software\${NAME}"
!define WINDOW "${TITLE}.exe"
!define COMMAND "${NAME}.exe"
!define CLASSES "Software\Classes"
!define PROJECT "DA3Studio.Project" ; the file type's name in the registry
!define VERB "${CLASSES}\Directory\shell\DA3Studio"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define APP_PATHS "Software\Microsoft\Windows\CurrentVersion\App Paths"
!define KEPT "$LOCALAPPDATA\${NAME}" ; models and settings; see da3studio/base/paths.py

Name "${TITLE}"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\${TITLE}"
InstallDirRegKey HKCU "${SETTINGS}" "InstallFolder"
ManifestDPIAware true
BrandingText "${TITLE} ${VERSION}"

VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "${TITLE}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "${TITLE} setup"
VIAddVersionKey "CompanyName" "${MAKERS}"
VIAddVersionKey "LegalCopyright" "${MAKERS}"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\${WINDOW}"
!define MUI_FINISHPAGE_NOREBOOTSUPPORT
!define MUI_COMPONENTSPAGE_SMALLDESC

!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

!macro Text ID ENGLISH GERMAN
  LangString ${ID} ${LANG_ENGLISH} "${ENGLISH}"
  LangString ${ID} ${LANG_GERMAN} "${GERMAN}"
!macroend
!insertmacro Text T_PROJECT "${TITLE} project" "${TITLE}-Projekt"
!insertmacro Text T_VERB "Open in ${TITLE}" "In ${TITLE} öffnen"
!insertmacro Text T_COMMENT "Photos or video to a 3D model" "Aus Fotos oder Video ein 3D-Modell"
!insertmacro Text T_WINDOWS "${TITLE} needs Windows 10 or newer, 64 bit." \
  "${TITLE} braucht Windows 10 oder neuer, 64 Bit."
!insertmacro Text T_RUNNING "${TITLE} is still running. Close it, then try again." \
  "${TITLE} läuft noch. Bitte beenden, dann noch einmal versuchen."
!insertmacro Text T_CLOSING "Closing ${TITLE} ..." "${TITLE} wird beendet ..."
!insertmacro Text T_PROGRAM "The program" "Das Programm"
!insertmacro Text T_DATA "Downloaded models and settings" "Geladene Modelle und Einstellungen"
!insertmacro Text T_DATA_HELP \
  "Keep them if you may install ${TITLE} again. Your projects are kept in any case." \
  "Behalten Sie sie, falls Sie ${TITLE} wieder installieren. Ihre Projekte bleiben in jedem Fall."

; Leaves no copy of the program running: asks its window to close as its own button does, which saves
; everything, and then waits. A program that runs cannot be opened for writing.
; The copy's folder is in $0. Ends with code 3 where it goes on running.
!macro Closed UN
Function ${UN}IsRunning ; clears $1 if neither program of the folder $0 runs
  StrCpy $1 ""
  !insertmacro Probe "${WINDOW}"
  !insertmacro Probe "${COMMAND}"
FunctionEnd

Function ${UN}Close
  again:
  Call ${UN}IsRunning
  ${If} $1 == ""
    Return
  ${EndIf}
  DetailPrint "$(T_CLOSING)"
  nsExec::Exec 'taskkill /IM "${WINDOW}"' ; without /F: a request, as from the window's own button
  Pop $2
  ${For} $3 1 40 ; 20 s
    Sleep 500
    Call ${UN}IsRunning
    ${If} $1 == ""
      Return
    ${EndIf}
  ${Next}
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(T_RUNNING)" /SD IDCANCEL IDRETRY again
  SetErrorLevel 3
  Quit
FunctionEnd
!macroend
!macro Probe PROGRAM
  ${If} ${FileExists} "$0\${PROGRAM}"
    ClearErrors
    FileOpen $2 "$0\${PROGRAM}" a
    ${If} ${Errors}
      StrCpy $1 "runs"
    ${Else}
      FileClose $2
    ${EndIf}
  ${EndIf}
!macroend
!insertmacro Closed ""
!insertmacro Closed "un."

!macro TellTheShell
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)' ; file types have changed
!macroend

Function .onInit
  ${IfNot} ${AtLeastWin10}
  ${OrIfNot} ${RunningX64}
    MessageBox MB_OK|MB_ICONSTOP "$(T_WINDOWS)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  SetShellVarContext current
FunctionEnd

; An older version knows what it installed, so it removes itself: files that the new one no longer
; has would stay otherwise.
Function RemoveOlder
  ReadRegStr $0 HKCU "${SETTINGS}" "InstallFolder"
  ${If} $0 == ""
  ${OrIfNot} ${FileExists} "$0\uninstall.exe"
    Return
  ${EndIf}
  Call Close
  ; A copy elsewhere, as one that runs cannot be removed; with _?= it is waited for.
  InitPluginsDir
  CopyFiles /SILENT "$0\uninstall.exe" "$PLUGINSDIR\older.exe"
  ExecWait '"$PLUGINSDIR\older.exe" /S _?=$0' $1
  ${If} $1 != 0
    SetErrorLevel 3
    Abort
  ${EndIf}
  Delete "$0\uninstall.exe"
  RMDir "$0"
FunctionEnd

Section "!${TITLE}" MAIN
  Call RemoveOlder
  StrCpy $0 $INSTDIR
  Call Close
  !include "${FILES}"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateShortcut "$SMPROGRAMS\${TITLE}.lnk" "$INSTDIR\${WINDOW}" "" "" "" SW_SHOWNORMAL "" "$(T_COMMENT)"

  WriteRegStr HKCU "${SETTINGS}" "InstallFolder" "$INSTDIR"

  WriteRegStr HKCU "${APP_PATHS}\${COMMAND}" "" "$INSTDIR\${COMMAND}"
  WriteRegStr HKCU "${APP_PATHS}\${WINDOW}" "" "$INSTDIR\${WINDOW}"

  ; open.da3, the file in a project
  WriteRegStr HKCU "${CLASSES}\${PROJECT}" "" "$(T_PROJECT)"
  WriteRegStr HKCU "${CLASSES}\${PROJECT}\DefaultIcon" "" "$INSTDIR\${WINDOW},0"
  WriteRegStr HKCU "${CLASSES}\${PROJECT}\shell\open\command" "" '"$INSTDIR\${WINDOW}" app "%1"'
  WriteRegStr HKCU "${CLASSES}\.da3" "" "${PROJECT}"
  WriteRegNone HKCU "${CLASSES}\.da3\OpenWithProgids" "${PROJECT}"

  ; the project itself, a folder
  WriteRegStr HKCU "${VERB}" "" "$(T_VERB)"
  WriteRegStr HKCU "${VERB}" "Icon" "$INSTDIR\${WINDOW},0"
  WriteRegStr HKCU "${VERB}" "AppliesTo" 'System.FileName:~"*.da3"'
  WriteRegStr HKCU "${VERB}\command" "" '"$INSTDIR\${WINDOW}" app "%1"'

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "${TITLE}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\${WINDOW},0"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "${MAKERS}"
  !if "${HOMEPAGE}" != ""
    WriteRegStr HKCU "${UNINSTALL}" "URLInfoAbout" "${HOMEPAGE}"
  !endif
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${SIZE}
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  !insertmacro TellTheShell
SectionEnd

Function un.onInit
  SetShellVarContext current
  ; Run from anywhere else, nothing is known about the folder.
  ${IfNot} ${FileExists} "$INSTDIR\${WINDOW}"
  ${AndIfNot} ${FileExists} "$INSTDIR\uninstall.exe"
    SetErrorLevel 2
    Quit
  ${EndIf}
FunctionEnd

Section "un.$(T_PROGRAM)" UN_PROGRAM
  SectionIn RO
  StrCpy $0 $INSTDIR
  Call un.Close
  SetOutPath "$TEMP" ; a folder that somebody is in cannot be removed
  !include "${UNFILES}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"

  Delete "$SMPROGRAMS\${TITLE}.lnk"

  DeleteRegKey HKCU "${APP_PATHS}\${COMMAND}"
  DeleteRegKey HKCU "${APP_PATHS}\${WINDOW}"
  DeleteRegKey HKCU "${CLASSES}\${PROJECT}"
  DeleteRegValue HKCU "${CLASSES}\.da3\OpenWithProgids" "${PROJECT}"
  DeleteRegKey /ifempty HKCU "${CLASSES}\.da3\OpenWithProgids"
  ReadRegStr $0 HKCU "${CLASSES}\.da3" ""
  ${If} $0 == "${PROJECT}" ; else another program has taken it
    DeleteRegValue HKCU "${CLASSES}\.da3" ""
    DeleteRegKey /ifempty HKCU "${CLASSES}\.da3"
  ${EndIf}
  DeleteRegKey HKCU "${VERB}"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "${SETTINGS}"
  !insertmacro TellTheShell
SectionEnd

; Each by its name: projects may lie in the same folder.
Section /o "un.$(T_DATA)" UN_DATA
  RMDir /r "${KEPT}\models"
  RMDir /r "${KEPT}\runtimes"
  RMDir /r "${KEPT}\thumbs"
  RMDir /r "${KEPT}\logs"
  Delete "${KEPT}\settings.json"
  Delete "${KEPT}\licences.json"
  Delete "${KEPT}\updates.json"
  Delete "${KEPT}\window.ini"
  RMDir "${KEPT}"
SectionEnd

!insertmacro MUI_UNFUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${UN_DATA} "$(T_DATA_HELP)"
!insertmacro MUI_UNFUNCTION_DESCRIPTION_END
