"""How much may be kept in memory to be quick: the bound of every cache, in one place.

A service runs for months, and every day brings words that it has not seen. What is kept of them has a number
at which the oldest, or all of them, are forgotten. The bytes are what one entry took when it was measured
(`python -m benchmarks.memory`); what a process comes to in all is in docs/deploy.md.
"""

#: words of one tokeniser, of which a process has two; with what spaCy itself never forgets, 900 bytes each
TOKENISED_WORDS = 100_000
#: words that were looked up in the gazetteer, 105 bytes each where there is no such name
GAZETTEER_NAMES = 60_000
#: words of one matcher of terms, of which a process has three; 90 bytes each
MATCHED_WORDS = 50_000
#: words of the terms of rules while these are loaded
RULE_WORDS = 1 << 15
#: words with other letters than a to z as the search index has them, 260 bytes each
FOLDED_WORDS = 20_000
#: codes and names of tags as they are stored and asked for, 220 bytes each: other documents have most of them
TAG_VALUES = 10_000
#: words of stories: their stem, skeleton, bare form and meaning, 320 bytes each, 1.2 kB in all
STORY_WORDS = 30_000
#: what was seen in the last documents, twice as many; 122 bytes each
SEEN_TRAITS = 250_000
#: documents of stories as they were read back, up to 30 kB each
READ_TRAITS = 1_000
#: addresses and the group whose limits they share, 400 bytes each
RATE_GROUPS = 10_000
#: what senders call a language, and providers as the scope of an identity; 300 bytes each
SENT_NAMES = 1_000
#: addresses of feeds as they were read, 1 kB each
ADDRESSES = 4_096
#: servers as aiohttp wants them named, for each of its sessions
PEERS = 4_096
#: groups that have to wait for their turn
WAITING_GROUPS = 10_000
#: sites and their robots.txt
SITES = 5_000
#: statements of ours that are executed for every entry, with the columns that are given
STATEMENTS = 400
#: names of items that are stored, 200 bytes each: each is asked for three times in a batch
ITEM_NAMES = 1_000
#: files of authorities, each as it was at some time
AUTHORITIES = 100
