# The README's example, as `documents` wrote it: applied, and Ready.
bash -e "$(dirname "$0")/documents.sh"
wharfinger apply web.yaml --wait --timeout 90s
