/** How to have the agent run in the background where there is no systemd; null where there may be. */
export function adviceWithoutSystemd(system: NodeJS.Platform): string | null {
  const start = 'start “valise sync FOLDER”';
  switch (system) {
    case 'darwin':
      return `There are services for systemd (Linux) alone. On macOS ${start} from a launch agent in ~/Library/LaunchAgents.`;
    case 'win32':
      return `There are services for systemd (Linux) alone. On Windows ${start} from the Task Scheduler, at log on.`;
    default:
      return null;
  }
}
