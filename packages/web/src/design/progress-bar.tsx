import classes from './progress-bar.module.css';

interface ProgressBarProps {
  /** 0 to 1. */
  readonly share: number;
  readonly tone?: 'accent' | 'quiet';
  readonly label: string;
}

/**
 * How far something is. It is redrawn several times a second for as long as transfers run, so it
 * neither lays anything out anew nor animates between two values.
 */
export function ProgressBar({ share, tone = 'accent', label }: ProgressBarProps) {
  return (
    <div
      className={classes.bar}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <div className={classes.done} data-tone={tone} style={{ transform: `scaleX(${share})` }} />
    </div>
  );
}
