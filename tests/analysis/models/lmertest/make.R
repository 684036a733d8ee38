# What lmerTest computes of four simulated studies; run here: Rscript make.R (R 4.2.2, lme4 1.1-31, lmerTest 3.1-3).
# Writes the rows of each (NAME.csv, gains in points) and lmertest.json (estimates), beside this file.
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})

simulate <- function(seed, families, languages, tasks, seeds, covered, sd) {
  set.seed(seed)
  rows <- expand.grid(seed = 1:seeds, task = 1:tasks, language = 1:(families * languages))
  cells <- matrix(runif(families * languages * tasks) < covered, ncol = tasks)
  cells[cbind(1:nrow(cells), 1 + (1:nrow(cells)) %% tasks)] <- TRUE # every language has a task
  rows <- rows[cells[cbind(rows$language, rows$task)], ]
  rows$family <- (rows$language - 1) %% families + 1
  draw <- function(level, sd) rnorm(max(level), 0, sd)[level]
  cell <- as.integer(interaction(rows$language, rows$task, drop = TRUE))
  run <- as.integer(interaction(rows$task, rows$seed, drop = TRUE))
  rows$gain <- 0.01 + draw(rows$language, sd[1]) + draw(cell, sd[2]) + draw(rows$seed, sd[3]) + draw(run, sd[4]) +
    draw(rows$task, sd[5]) + rnorm(nrow(rows), 0, sd[6])
  rows$gain <- round(100 * rows$gain, 4)
  for (name in c("seed", "task", "language", "family")) rows[[name]] <- sprintf("%s%02d", substr(name, 1, 1), rows[[name]])
  rows
}

strict <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), boundary.tol = 1e-4,
                      check.conv.singular = "ignore", calc.derivs = FALSE)
options(contrasts = c("contr.sum", "contr.poly"))
fitted <- function(formula, rows) lmerTest::lmer(formula, rows, control = strict)
effects <- "(1 | language) + (1 | language:task) + (1 | seed) + (1 | task:seed)"
fixed <- paste("gain ~ 0 + family + task +", effects)
random <- paste("gain ~ 0 + family + (1 | task) +", effects)

describe <- function(rows, formula, tested) {
  model <- fitted(as.formula(formula), rows)
  table <- coef(summary(model))
  variances <- as.data.frame(VarCorr(model))
  both <- rep(0, nrow(table)); both[1:2] <- c(1, -1)
  contrast <- lmerTest::contest(model, rbind(both), joint = FALSE)
  less <- fitted(as.formula(sub(paste0(" + (1 | ", tested, ")"), "", formula, fixed = TRUE)), rows)
  # Prediction of family plus language, error with that of the fixed effects: Henderson's mixed model equations.
  X <- getME(model, "X"); Z <- t(as.matrix(getME(model, "Zt"))); s2 <- sigma(model)^2
  G <- tcrossprod(t(as.matrix(getME(model, "Lambdat")))) * s2
  used <- diag(G) > 0
  Zu <- Z[, used, drop = FALSE]
  C <- rbind(cbind(crossprod(X), crossprod(X, Zu)), cbind(crossprod(Zu, X), crossprod(Zu)))/s2
  at <- ncol(X) + seq_len(ncol(Zu))
  C[at, at] <- C[at, at] + solve(G[used, used])
  C <- solve(C)
  starts <- getME(model, "Gp"); terms <- names(getME(model, "cnms"))
  place <- which(terms == "language")
  own <- (starts[place] + 1):starts[place + 1]
  levels <- rownames(ranef(model)$language)
  family <- rows$family[match(levels, rows$language)]
  estimate <- error <- numeric(length(levels))
  for (i in seq_along(levels)) {
    w <- rep(0, ncol(X) + ncol(Zu)); j <- match(paste0("family", family[i]), colnames(X)); w[j] <- 1
    at_u <- match(own[i], which(used)); if (!is.na(at_u)) w[ncol(X) + at_u] <- 1
    estimate[i] <- fixef(model)[j] + ranef(model)$language[i, 1]
    error[i] <- sqrt(drop(w %*% C %*% w))
  }
  list(variances = setNames(as.list(variances$vcov), variances$grp), log_likelihood = as.numeric(logLik(model)),
       fixed = list(name = rownames(table), estimate = table[, 1], error = table[, 2], freedom = table[, 3]),
       contrast = list(estimate = contrast$Estimate, error = contrast[["Std. Error"]], freedom = contrast$df),
       tested = tested, statistic = 2 * as.numeric(logLik(model) - logLik(less)),
       languages = list(level = levels, estimate = estimate, error = error))
}

#                      seed families languages tasks seeds covered  language cell  seed   run    task  residual
studies <- list(
  balanced = simulate(1, 4, 4, 4, 3, 1.0, c(0.010, 0.008, 0.006, 0.010, 0.00, 0.007)),
  coverage = simulate(2, 5, 5, 6, 3, 0.5, c(0.012, 0.010, 0.008, 0.010, 0.00, 0.006)),
  zero = simulate(3, 4, 4, 5, 3, 0.8, c(0.000, 0.010, 0.000, 0.012, 0.00, 0.008)),
  tasks = simulate(4, 4, 5, 7, 3, 0.7, c(0.010, 0.008, 0.004, 0.010, 0.02, 0.007))
)
results <- list()
for (name in names(studies)) {
  write.csv(studies[[name]], paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
  results[[name]] <- describe(studies[[name]], if (name == "tasks") random else fixed, "task:seed")
}
write(toJSON(results, digits = 10, auto_unbox = TRUE, pretty = TRUE), "lmertest.json")
