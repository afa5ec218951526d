# Only written: it has not been tried on NixOS yet. A message goes through gatepost.socket: the kernel says who calls.
#
#   services.gatepost = {
#     enable = true;
#     settings = {
#       qualify_domain = "example.net";
#       transports.relay = {
#         driver = "smtp";
#         hosts = [ "smtp.example.net:587" ];
#         auth = { user = "ws1"; password_file = "credential:relay"; };
#       };
#     };
#     credentials.relay = "/etc/secrets/relay";   # a file of root's, never in the store
#   };
{ config, lib, pkgs, ... }:

let
  cfg = config.services.gatepost;
  toml = pkgs.formats.toml { };
  package = pkgs.callPackage ./package.nix { };
in
{
  options.services.gatepost = {
    enable = lib.mkEnableOption "Gatepost, a sendmail that hands each message to a smart host at once";
    settings = lib.mkOption {
      type = toml.type;
      default = { };
      description = "gatepost.toml(5). Everybody can read the store: passwords stand in files that this names.";
    };
    credentials = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      description = "Files of root's that `credential:NAME` reads.";
    };
  };

  config = lib.mkIf cfg.enable {
    users.users = lib.genAttrs [ "mailuser" "mailnull" ] (name: {
      isSystemUser = true;
      group = name;
    });
    users.groups = lib.genAttrs [ "mailuser" "mailnull" ] (_: { });

    # A copy, not a link into the store: with this owner and mode a send takes it.
    environment.etc."gatepost/gatepost.toml" = {
      source = toml.generate "gatepost.toml" cfg.settings;
      mode = "0640";
      group = "mailuser";
    };
    systemd.tmpfiles.rules = [ "d /etc/gatepost/secrets :0750 :root :mailuser" ];

    systemd.packages = [ package ];
    systemd.sockets.gatepost.wantedBy = [ "sockets.target" ];
    systemd.services."gatepost@".serviceConfig.LoadCredential =
      lib.mapAttrsToList (name: file: "${name}:${file}") cfg.credentials;

    environment.systemPackages = [ package ];
    services.mail.sendmailSetuidWrapper = {
      program = "sendmail";
      source = "${package}/sbin/sendmail";
      owner = "root";
      group = "root";
      setuid = false;
      setgid = false;
    };
  };
}
