# 'gdo' completes as git-devops does. 'git devops' needs nothing: fish's own
# completion of git asks that of git-devops.
complete -c gdo -w git-devops
