export const DEFAULT_FILE = "/etc/slipway/launch.yaml";

export const launchHelp = `Usage: slipway-init launch [--file FILE] [SWITCH=BOOLEAN…] [-- COMMAND [ARGUMENT…]]

Makes ready what a container needs, then becomes its supervisor: fills empty
volumes, merges the configuration, renders templates, writes authorized_keys,
applies the permission policy in development mode, runs the prepare steps.

  --file FILE            the launch file (default: ${DEFAULT_FILE})
  ssh_config=False       leaves authorized_keys alone; also as a variable
  re_configure=False     leaves templates alone; also as a variable
  -- COMMAND             becomes this in place of the supervisor
  -h, --help             this help

Exit codes: 1 something could not be done, 2 wrong usage or a mistake in a file,
that of a prepare step that failed, 128+n ended by signal n.
`;

export const configureHelp = `Usage: slipway-init configure [--file FILE] [--diff] [SWITCH=BOOLEAN…]

Does what launch does before the prepare steps, and ends.

  --file FILE            the launch file (default: ${DEFAULT_FILE})
  --diff                 changes nothing, shows what would change
  ssh_config=False       leaves authorized_keys alone; also as a variable
  re_configure=False     leaves templates alone; also as a variable
  -h, --help             this help

Exit codes: 0 done, or nothing would change; 1 something could not be done, or
would change; 2 wrong usage or a mistake in a file, with --diff also: something
could not be looked at.
`;

export const deployHelp = `Usage: slipway-init deploy [--file FILE] [--only STEP]… [--force] [--list]

Runs the numbered executables and templates of the project's deployment folder
in their order, but for those that have nothing new to work on.

  --file FILE            the launch file (default: ${DEFAULT_FILE})
  --only STEP            this step only: its name or its number; repeatable
  --force                also what is unchanged
  --list                 shows the steps and their states, runs nothing
  -h, --help             this help

Exit codes: 0 done, 1 something could not be done, 2 wrong usage or a mistake in
a file, that of a step that failed, 128+n ended by signal n.
`;
