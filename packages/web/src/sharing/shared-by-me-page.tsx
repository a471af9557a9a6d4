import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '../design/empty-state.tsx';
import { IconShare } from '../design/icons.ts';
import { FOLDER_COLUMNS } from '../files/columns.tsx';
import { SharedFiles } from './shared-files.tsx';
import { sharedByMeQuery } from './shares-query.ts';

/** What this person lets others see, wherever it lies. */
export function SharedByMePage() {
  const shared = useQuery(sharedByMeQuery);
  return (
    <SharedFiles
      scattered
      title="Shared by me"
      query={shared}
      columns={FOLDER_COLUMNS}
      empty={
        <EmptyState Icon={IconShare} title="You share nothing yet">
          <p>Choose “Share” in the menu of a file or a folder, and add people by their address.</p>
        </EmptyState>
      }
    />
  );
}
