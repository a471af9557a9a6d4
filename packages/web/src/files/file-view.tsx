import { Button, Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { type ReactNode, useState } from 'react';
import { EmptyState } from '../design/empty-state.tsx';
import { errorText } from '../design/error-text.ts';
import { IconWarning } from '../design/icons.ts';
import { SharedBadge } from '../sharing/shared-badge.tsx';
import { mayChange } from './abilities.ts';
import { DetailsPanel } from './details-panel.tsx';
import { FileGrid } from './file-grid.tsx';
import { FileMenu } from './file-menu.tsx';
import { FileMenuItems } from './file-menu-items.tsx';
import classes from './folder-page.module.css';
import type { FileGridProps, MenuPlace } from './grid-types.ts';
import { NOTHING } from './selection.ts';
import { SelectionBar } from './selection-bar.tsx';
import { useFileCommands } from './use-file-commands.tsx';

export interface FileViewProps
  extends Pick<
    FileGridProps<File>,
    | 'label'
    | 'files'
    | 'columns'
    | 'sorting'
    | 'onSort'
    | 'selection'
    | 'onSelect'
    | 'drag'
    | 'badges'
  > {
  /** The folder shown, for dialogs to begin with. */
  readonly here: string | null;
  /** The files lie in several folders. */
  readonly scattered?: boolean;
  readonly complete: boolean;
  readonly query: Pick<UseQueryResult, 'isPending' | 'isError' | 'error' | 'refetch'>;
  readonly head: ReactNode;
  readonly empty: ReactNode;
}

/** A list of live files with everything that can be done to them. */
export function FileView(props: FileViewProps) {
  const { here, scattered = false, complete, query, head, empty, ...grid } = props;
  const { files, selection, onSelect } = grid;
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const state = useFileCommands(here);
  const { commands } = state;
  const chosen = files.filter(({ id }) => selection.chosen.has(id));
  const [first] = chosen;
  const changes = mayChange(chosen);
  return (
    <>
      <div className={classes.list}>
        {head}
        <SelectionBar
          total={files.length}
          complete={complete}
          chosen={chosen}
          commands={commands}
          onClear={() => onSelect(NOTHING)}
        />
        <Body query={query} isEmpty={complete && files.length === 0} empty={empty}>
          <FileGrid
            badges={sharedBadge}
            {...grid}
            renaming={state.renaming}
            onRenamed={state.onRenamed}
            onOpen={commands.open}
            onMenu={setMenu}
            onDelete={() => changes && commands.remove(chosen)}
            onRename={() => chosen.length === 1 && first && changes && commands.rename(first)}
          />
        </Body>
      </div>
      {state.shown !== null && (
        <DetailsPanel file={state.shown} onClose={state.hideDetails} onShare={commands.share} />
      )}
      <FileMenu place={menu} onClose={() => setMenu(null)}>
        <FileMenuItems files={chosen} commands={commands} scattered={scattered} />
      </FileMenu>
      {state.dialogs}
    </>
  );
}

const sharedBadge = (file: File) => <SharedBadge file={file} />;

interface BodyProps extends Pick<FileViewProps, 'query' | 'empty'> {
  readonly isEmpty: boolean;
  readonly children: ReactNode;
}

export function Body({ query, isEmpty, empty, children }: BodyProps) {
  if (query.isPending) {
    return (
      <div className={classes.skeletons} aria-busy="true">
        {['72%', '54%', '63%', '48%', '58%'].map((width) => (
          <Skeleton key={width} height={14} width={width} radius="xl" />
        ))}
      </div>
    );
  }
  if (query.isError) {
    return (
      <EmptyState Icon={IconWarning} title="This can’t be shown right now">
        <p>{errorText(query.error)}</p>
        <Button mt="sm" variant="default" onClick={() => void query.refetch()}>
          Try again
        </Button>
      </EmptyState>
    );
  }
  return isEmpty ? empty : children;
}
