# Only written: it has not been built on NixOS yet. The store has no set-id files: module.nix opens the second door instead.
{ lib, stdenv, python3, src ? ../.. }:

stdenv.mkDerivation {
  pname = "gatepost";
  version = "0.1.0";
  inherit src;

  nativeBuildInputs = [ python3 ];
  buildInputs = [ stdenv.cc.libc.static ];
  # What the compiler's wrapper adds by itself would make the programs other than static.
  hardeningDisable = [ "all" ];

  makeFlags = [
    "PREFIX=${placeholder "out"}"
    "SYSCONFDIR=/etc/gatepost"
    "PYTHON=${python3.interpreter}"
    "PYTHON_MODULES=${python3.pkgs.dnspython}/${python3.sitePackages}"
  ];

  # Staged, since what belongs below /etc is the module's.
  installPhase = ''
    runHook preInstall
    make install DESTDIR="$NIX_BUILD_TOP/stage" $makeFlags
    mkdir -p "$out"
    cp -a "$NIX_BUILD_TOP/stage$out/." "$out"
    runHook postInstall
  '';

  meta = {
    description = "A sendmail that hands each message to a smart host at once";
    license = lib.licenses.gpl3Plus;
    mainProgram = "gatepost";
    platforms = lib.platforms.linux;
  };
}
