/** What a systemd user unit says about one folder that is kept in step. */
export interface ServiceUnit {
  /** The program and its first arguments. */
  readonly program: readonly [string, ...string[]];
  readonly folder: string;
  /** Further options of `valise sync`. */
  readonly options: readonly string[];
  /** Where login and state lie, if not in the usual folders. */
  readonly home: string | null;
}

/** The unit's text. Nothing in it waits for the network: the agent does that by itself. */
export function serviceUnit({ program, folder, options, home }: ServiceUnit): string {
  const [binary, ...args] = program;
  const words = [...args, 'sync', folder].map(argument);
  return `[Unit]
Description=Valise keeps ${escapeSpecifiers(folder.replace(/\p{Cc}/gu, ' '))} in step

[Service]
ExecStart=${[quote(binary), ...words, ...options].join(' ')}
${home === null ? '' : `Environment=${quote(`VALISE_HOME=${home}`)}\n`}Restart=on-failure
RestartSec=10
# Interrupted: that is how it is stopped.
SuccessExitStatus=130
# The login ended, or a decision is needed: starting again would change nothing.
RestartPreventExitStatus=2 3 5

[Install]
WantedBy=default.target
`;
}

/** Only in arguments, `$` names a variable: neither in the program's path nor in a variable's value. */
function argument(text: string): string {
  return quote(text).replaceAll('$', '$$$$');
}

function quote(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escapeSpecifiers(escaped)}"`;
}

function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}
