/**
 * Hands an address that answers with an attachment to the browser's own downloader. A hidden frame
 * does it: a navigation of the page itself would ask whether to leave while uploads run.
 */
export function startDownload(url: string): void {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = 'Download';
  frame.src = url;
  document.body.append(frame);
  // The browser has taken it over by then; the frame itself stays empty.
  setTimeout(() => frame.remove(), 60_000);
}
