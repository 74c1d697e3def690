"""Human finalisation: what people decided about records, kept so that no decision is lost.

Every function below takes an open transaction, ``db`` (a SQLAlchemy ``Connection``), so that several can be one
transaction. What must not happen raises ``refused.Refused`` and changes nothing; a disk that is full, or a database
that is gone, raises ``errors.WorkspaceError`` ("not saved").

    database        connected(where) -> Database          a Path (SQLite) or a postgresql:// URL; migrates it
                    Database.reading() / .writing()       context managers that give ``db``; .close()
    clock           now(db)                               the database's clock, UTC
    items           sync(database, feeds, queue, progress) -> Synced      from the workspace, idempotent
                    Queue(require, near, double, audit, seed)             [review] as the queue sees it
                    item(db, id) -> Item
    queue           take(db, account, kind="review", gold_share=0.0) -> Taken | None    the one held, or the next
                    take_item(db, reviewer, id) -> Taken                  this very record, from the search page
                    worker(db, reviewer) -> Account                       locked, so that their windows take turns
                    renew(db, reviewer, number, token) -> datetime        while the reviewer types
                    release(db, reviewer, number, token)                  hand it back
    front           held(db, reviewer) -> Turn | None ; opened(db, reviewer, taken, last) -> Turn, Item    to be shown
    decisions       save(db, Verdict) -> Saved                            accept, edit, reject, skip; idempotent by key
                    undo(db, reviewer, key, number=None) -> Saved         the latest of theirs, or a given one
                    CRITERIA, REASONS                                     their names
    drafts          keep(db, reviewer, id, revision, content, text_digest) -> bool ; draft(db, reviewer, id)
    history         of_record(db, id), of_reviewer(db, reviewer, limit), of_bulk(db, limit)
                    versions(db, item) -> list[Past]                      both votes, for a senior to adjudicate
                    looked_at(db, reviewer, id) -> bool
    flags           flag(db, reviewer, id, reason), settle(db, senior, number), open_flags(db, limit)
    gold            put(db, by, id, action, reason), remove(db, id), questions(db), accuracy(db)
    suggestions     offer(db, Suggestion), suggestion(db, id) -> Suggestion | None
    search          Filter(...), search(db, Filter, after=None, limit=50) -> Found
                    count(db, Filter), facets(db)
    bulk            decide(db, senior, key, action, Filter | ids, reason), assign(…, to), undo(db, senior, key, bulk)
    overview        progress(db) -> Progress ; speed(db, since=None) -> list[Speed]
    accounts        add, account, everyone, change, hashed, set_password, log_in(database, …), first_link, invite,
                    invited, accept_invitation, identity, link
    sessions        open, reviewer_of -> Account | None, note, rotate, close
    frames          rated(db), work(db, since), gold_answers(db) -> pl.DataFrame      for the statistics
    agreement       by_criterion, by_pair, by_week (of rated); reviewers: manners(work, gold)
    batches         begin, decided, case, check, unchecked, again, inspection; rework: send_back; holding: holding
    audits          begin (of audit.draw), case, answer, answers (for audit.results), sheet, take, latest_results
    arenas          names, next_battle, last_battle, vote, progress, ballots (for standings.standings)
    arena_intake    take(db, name, prompts, votes, seed=…, wanted=1, against=None) -> Taken ; edited(db)
    exchange        format_of(name).write / .read, decided(where), take(where, given)
    store           latest(where), add(where, decisions), read_file(path) decisions as the review stage reads them
"""
