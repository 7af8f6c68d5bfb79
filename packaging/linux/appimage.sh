#!/bin/sh
# Makes an AppImage of a finished .deb: the same bundle, menu entry, icons and file type.
#
#     packaging/linux/appimage.sh dist/da3studio_0.1.0_amd64.deb
#
# Needs appimagetool (github.com/AppImage/appimagetool) on the PATH, or APPIMAGETOOL=/its/path, and
# dpkg-deb. appimagetool fetches the runtime that it puts in front of the image from its own
# releases; without internet give RUNTIME=/path/of/runtime-x86_64. Run it on the oldest system that
# the image is for: what is declared as a dependency of the .deb has to be there on the person's
# computer, as an AppImage can declare nothing.
#
# Not run where this was written, as neither the tool nor the runtime could be had there: the last
# command. Everything before it was: `packaging/linux/appimage.sh FILE.deb --folder-only`.
set -eu

deb=$1
out=$(dirname "$deb")
folder=$out/DA3_Studio.AppDir

rm -rf "$folder"
dpkg-deb -x "$deb" "$folder"
name=$(dpkg-deb -f "$deb" Package)
version=$(dpkg-deb -f "$deb" Version)

rm "$folder/usr/bin/$name" # leads to the real /opt
ln -s "../../opt/$name/$name" "$folder/usr/bin/$name"
cp "$folder/usr/share/applications/$name.desktop" "$folder/$name.desktop"
cp "$folder/usr/share/icons/hicolor/256x256/apps/$name.png" "$folder/$name.png"
ln -s "$name.png" "$folder/.DirIcon"
cat > "$folder/AppRun" << END
#!/bin/sh
exec "\${APPDIR:-\$(dirname "\$(readlink -f "\$0")")}/opt/$name/$name" "\$@"
END
chmod 755 "$folder/AppRun"

if [ "${2:-}" = --folder-only ]; then
    echo "$folder"
    exit
fi
ARCH=x86_64 VERSION=$version "${APPIMAGETOOL:-appimagetool}" --comp zstd \
    ${RUNTIME:+--runtime-file "$RUNTIME"} "$folder" "$out/$name-$version-x86_64.AppImage"
rm -rf "$folder"
echo "$out/$name-$version-x86_64.AppImage"
