"""The review desk in the browser: pages, forms and their security. What it shows and stores is ``cqia.review``'s."""
