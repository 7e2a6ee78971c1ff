-- What the cursors of lists are sealed with. Of this file alone: never exported, so a restored store has another.
create table cursor_key (key blob not null) strict;
insert into cursor_key values (randomblob(32));

update store set format = 8;
