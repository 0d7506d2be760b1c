from collections import Counter
SEEN=Counter()
